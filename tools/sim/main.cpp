// orrery-sim: lives by the million, each from one number.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "world.h"

namespace {

using orrery::sim::Verdict;
using orrery::sim::World;

constexpr const char* help =
    "orrery-sim: simulates the lifecycle machine against every oracle\n"
    "\n"
    "  orrery-sim [--seeds COUNT] [--from FIRST] [--twice]   many lives (default 100000 from 1)\n"
    "  orrery-sim --seed N                                   one life, and its story\n"
    "\n"
    "  --twice   live each seed twice and compare the traces\n"
    "\n"
    "Ends with 0 if no oracle objected, 1 with the seed if one did, 2 on wrong usage.\n";

struct Options {
  std::uint64_t seeds = 100'000;
  std::uint64_t from = 1;
  std::optional<std::uint64_t> one;
  bool twice = false;
};

std::optional<std::uint64_t> number(const char* text) {
  char* end = nullptr;
  const auto value = std::strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0') return std::nullopt;
  return value;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--twice") {
      options.twice = true;
      continue;
    }
    const auto value = i + 1 < argc ? number(argv[++i]) : std::nullopt;
    if (!value) return std::nullopt;
    if (flag == "--seeds") {
      options.seeds = *value;
    } else if (flag == "--from") {
      options.from = *value;
    } else if (flag == "--seed") {
      options.one = value;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

int one_life(std::uint64_t seed) {
  const Verdict verdict = World{seed, true}.live();
  std::printf("seed %llu: %u steps, trace %016llx, %s\n", static_cast<unsigned long long>(seed),
              verdict.steps, static_cast<unsigned long long>(verdict.hash),
              verdict.violation ? verdict.violation->c_str() : "no violation");
  return verdict.violation ? 1 : 0;
}

int many_lives(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t hash = 0;
  std::uint64_t steps = 0;
  for (auto seed = options.from; seed < options.from + options.seeds; ++seed) {
    Verdict verdict = World{seed, false}.live();
    if (options.twice && !verdict.violation && World{seed, false}.live().hash != verdict.hash) {
      verdict.violation = "the same seed gave another trace";
    }
    if (verdict.violation) {
      std::printf("seed %llu: %s\nreplay: orrery-sim --seed %llu\n",
                  static_cast<unsigned long long>(seed), verdict.violation->c_str(),
                  static_cast<unsigned long long>(seed));
      return 1;
    }
    hash = hash * 31 + verdict.hash;
    steps += verdict.steps;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%llu seeds, %llu steps, 0 violations, trace %016llx, %.0f seeds/s\n",
              static_cast<unsigned long long>(options.seeds),
              static_cast<unsigned long long>(steps), static_cast<unsigned long long>(hash),
              static_cast<double>(options.seeds) / std::max(took.count(), 1e-9));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    std::fputs(help, stdout);
    return 0;
  }
  const auto options = parse(argc, argv);
  if (!options) {
    std::fputs(help, stderr);
    return 2;
  }
  return options->one ? one_life(*options->one) : many_lives(*options);
}
