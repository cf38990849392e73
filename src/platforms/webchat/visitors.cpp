#include "platforms/webchat/visitors.h"

#include "core/text.h"

namespace orrery::platforms::webchat {
namespace {

constexpr std::string_view by_name = "user:";  // see chat_routes.cpp

}  // namespace

void Visitors::came(const Visitor& visitor) {
  visitors_.with([&](std::deque<Visitor>& visitors) {
    std::erase_if(visitors, [&](const Visitor& one) { return one.id == visitor.id; });
    visitors.push_front(visitor);
    if (visitors.size() > most) visitors.pop_back();
  });
}

// By id, or by the name that only one of them has.
std::optional<Visitor> Visitors::find(std::string_view who) const {
  return visitors_.with([&](const std::deque<Visitor>& visitors) -> std::optional<Visitor> {
    const Visitor* named = nullptr;
    int namesakes = 0;
    for (const auto& one : visitors) {
      if (one.id == who) return one;
      if (lower(one.name) != lower(who)) continue;
      named = &one;
      ++namesakes;
    }
    return namesakes == 1 ? std::optional{*named} : std::nullopt;
  });
}

std::optional<chat::Member> Visitors::member(std::string_view, std::string_view who) const {
  if (const auto known = find(who)) return chat::Member{known->id, known->name};
  if (!who.starts_with(by_name) || who == by_name) return std::nullopt;
  return chat::Member{std::string{who}, std::string{who.substr(by_name.size())}};
}

std::optional<chat::Channel> Visitors::channel(std::string_view, std::string_view which) const {
  return chat::Channel{std::string{which}, std::string{which}};
}

chat::Standing Visitors::standing(std::string_view, std::string_view member) const {
  const auto known = find(member);
  return known ? known->standing : chat::Standing::user;
}

}  // namespace orrery::platforms::webchat
