// The wiring is the graph: naming what a component needs injects it and records the edge.
//
//   auto database = app.runtime.add<DatabaseComponent>("database", needs(configuration));
//   auto prefixes = app.runtime.add<Prefixes>("prefixes", needs(database)).degradable();
//   app.runtime.add<Pipeline>("pipeline", needs(database), after(prefixes), 16);
//
// The constructor of Pipeline is then called as Pipeline(Database&, Optional<Prefixes&>, 16). A
// handle exists only below its declaration, so a cycle cannot be written.
//
// Owns      the recipes: the extra arguments are copied in (std::ref for references).
#pragma once

#include <tuple>

#include "async/loop.h"
#include "lifecycle/component.h"
#include "lifecycle/graph.h"

namespace orrery::lifecycle {

// What `after` yields: the part, if it was started.
template <class T>
class Optional;
template <class T>
class Optional<T&> {
 public:
  Optional() = default;
  explicit Optional(T* target) : target_{target} {}
  explicit operator bool() const { return target_ != nullptr; }
  T& operator*() const { return *target_; }
  T* operator->() const { return target_; }

 private:
  T* target_ = nullptr;
};

// Made anew for each incarnation. `needs` holds no null, `after` may.
using Recipe = std::function<std::unique_ptr<Component>(const std::vector<Component*>& needs,
                                                        const std::vector<Component*>& after)>;

struct Entry {
  Spec spec;
  Recipe make;
  std::optional<async::Strand> strand;  // nothing: the control strand
};

template <class T>
class Handle {
 public:
  Handle(std::shared_ptr<std::vector<Entry>> entries, std::size_t index)
      : entries_{std::move(entries)}, index_{index} {}

  // Its failure only degrades the whole.
  Handle& degradable() {
    entry().spec.criticality = Criticality::degradable;
    return *this;
  }
  Handle& budgets(Budgets budgets) {
    entry().spec.budgets = budgets;
    return *this;
  }
  // Constructor and hooks run there.
  Handle& on(async::Strand strand) {
    entry().strand = std::move(strand);
    return *this;
  }
  const std::string& name() const { return (*entries_)[index_].spec.name; }

 private:
  Entry& entry() { return (*entries_)[index_]; }
  std::shared_ptr<std::vector<Entry>> entries_;
  std::size_t index_;
};

template <class... T>
struct Needs {
  std::vector<Edge> edges;
};
template <class... T>
struct After {
  std::vector<Edge> edges;
};

template <class... T>
Needs<T...> needs(const Handle<T>&... handles) {
  return {{Edge{handles.name(), {}}...}};
}
template <class... T>
After<T...> after(const Handle<T>&... handles) {
  return {{Edge{handles.name(), {}}...}};
}

// A name and the place in the source where it was declared.
struct Name {
  template <class S>
    requires std::convertible_to<S, std::string>
  Name(S&& t,
       std::source_location w = std::source_location::current())  // NOLINT: implicit by design
      : text{std::forward<S>(t)}, where{w} {}
  std::string text;
  std::source_location where;
};

class PhaseAssembly {
 public:
  PhaseAssembly(std::shared_ptr<std::vector<Entry>> entries, std::shared_ptr<const Budgets> budgets,
                Phase phase)
      : entries_{std::move(entries)}, budgets_{std::move(budgets)}, phase_{phase} {}

  template <class T, class... N, class... Args>
  Handle<T> add(Name name, Needs<N...> needs, Args&&... args) {
    return add<T>(std::move(name), std::move(needs), After<>{}, std::forward<Args>(args)...);
  }

  template <class T, class... N, class... A, class... Args>
  Handle<T> add(Name name, Needs<N...> needs, After<A...> after, Args&&... args) {
    static_assert(std::is_base_of_v<Component, T>);
    auto recipe = [args = std::make_tuple(std::forward<Args>(args)...)](
                      const std::vector<Component*>& hard, const std::vector<Component*>& soft) {
      return make<T, N...>(hard, soft, args, std::index_sequence_for<N...>{},
                           std::index_sequence_for<A...>{},
                           static_cast<std::tuple<A*...>*>(nullptr));
    };
    Spec spec{
        .name = std::move(name.text),
        .phase = phase_,
        .criticality = phase_ == Phase::online ? Criticality::degradable : Criticality::critical,
        .needs = placed(std::move(needs.edges), name.where),
        .after = placed(std::move(after.edges), name.where),
        .budgets = *budgets_,
        .where = name.where};
    entries_->push_back({std::move(spec), std::move(recipe), std::nullopt});
    return {entries_, entries_->size() - 1};
  }

 private:
  template <class T, class... N, class Args, std::size_t... I, std::size_t... J, class... A>
  static std::unique_ptr<Component> make(const std::vector<Component*>& hard,
                                         const std::vector<Component*>& soft, const Args& args,
                                         std::index_sequence<I...>, std::index_sequence<J...>,
                                         std::tuple<A*...>*) {
    return std::apply(
        [&](auto&... arg) {
          return std::make_unique<T>(static_cast<N&>(*hard[I])...,
                                     Optional<A&>{static_cast<A*>(soft[J])}..., arg...);
        },
        args);
  }
  static std::vector<Edge> placed(std::vector<Edge> edges, std::source_location where) {
    for (auto& edge : edges) edge.where = where;
    return edges;
  }

  std::shared_ptr<std::vector<Entry>> entries_;
  std::shared_ptr<const Budgets> budgets_;
  Phase phase_;
};

class Assembly {
  std::shared_ptr<std::vector<Entry>> entries_ = std::make_shared<std::vector<Entry>>();
  std::shared_ptr<Budgets> budgets_ = std::make_shared<Budgets>();

 public:
  PhaseAssembly core{entries_, budgets_, Phase::core};
  PhaseAssembly runtime{entries_, budgets_, Phase::runtime};
  PhaseAssembly online{entries_, budgets_, Phase::online};

  const std::vector<Entry>& entries() const { return *entries_; }

  // A part whose edges are known only at run time: a plugin, a simulated part. The recipe is handed
  // what the edges name, in their order.
  void declare(Entry entry) { entries_->push_back(std::move(entry)); }

  // For the parts declared from here on, unless they say otherwise.
  void budgets(const Budgets& budgets) { *budgets_ = budgets; }
};

}  // namespace orrery::lifecycle
