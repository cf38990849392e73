/* Replays lives of the simulator (orrery-sim --traces), read from the standard input: what happens
 * is done to the automaton; what the machine orders must be allowed, and when it falls silent nothing
 * may be left to do. One step for all of it, because the trace leaves no choice.
 */
c_decl {
\#include <stdio.h>
\#include <stdlib.h>
  static int seed_, token_, lives_;
  static int next_number(void) {
    int value;
    if (scanf("%d", &value) != 1) return 99;
    ++token_;
    return value;
  }
  static void object(const char* why, int what, int whom) {
    printf("seed %d, number %d of its trace (%d %d): %s\n", seed_, token_, what, whom, why);
    exit(1);
  }
}

#define LIFE 20
#define SILENCE 21
#define START 30
#define SKIP 31
#define DRAIN 32
#define STOP 33
#define GO 34
#define WAKE 35
#define REFUSE 36
#define THE_END 99

short number;
byte what, whom, to_;

inline read(variable) { c_code { now.number = (short)next_number(); }; variable = number }
#define MUST(condition, why) \
  if :: (condition) :: else -> c_code { object(why, now.what, now.whom); } fi

inline begin_life() {
  c_code { seed_ = next_number(); token_ = 0; ++lives_; };
  k_ = 0;
  do
  :: k_ < N ->
     read(phase[k_]);
     read(critical[k_]);
     st[k_] = waiting;
     hook[k_] = no_hook;
     drain[k_] = no_drain;
     left[k_] = 0;
     want[k_] = 0;
     again[k_] = 0;
     occupied[k_] = 0;
     entered[k_] = 0;
     well[k_] = 0;
     holds[k_] = 0;
     dying[k_] = 0;
     k_++
  :: else -> break
  od;
  k_ = 0;
  do :: k_ < N * N -> read(edge[k_]); k_++ :: else -> break od;
  k_ = 0;
  do :: k_ < WAITERS -> waiter[k_] = no_wait; k_++ :: else -> break od;
  S = created;
  unannounced = 0;
  asked = 0;
  hurried = 0;
  served = 0;
  core_failing = 0;
  bring_up = 0;
  open[CORE] = 0;
  open[RUNTIME] = 0;
  open[ONLINE] = 0
}

/* The machine says nothing more: then there is nothing to do. */
inline silence() {
  MUST(!unannounced, "the state changed and nobody was told");
  k_ = 0;
  do
  :: k_ < N ->
     whom = k_;
     may_skip(k_);
     MUST(!yes_, "a part could be skipped");
     may_start(k_);
     MUST(!yes_, "a part could start");
     may_drain(k_);
     MUST(!yes_, "a part could drain");
     may_stop(k_);
     MUST(!yes_, "a part could stop");
     k_++
  :: else -> break
  od;
  see_calm();
  k_ = 0;
  do :: k_ < WAITERS -> MUST(!SETTLED_GOAL(k_), "a waiter waits for nothing"); k_++ :: else -> break od;
  next_state(to_);
  MUST(to_ == S, "the whole could move on")
}

inline ordered_start() { may_start(whom); MUST(yes_ && !left[whom], "a part may not start"); do_start(whom) }
inline ordered_skip() { may_skip(whom); MUST(yes_, "a part may not be skipped"); do_skip(whom) }
inline ordered_drain() { may_drain(whom); MUST(yes_, "a part may not drain"); do_drain(whom) }
inline ordered_stop() { may_stop(whom); MUST(yes_, "a part may not stop"); do_stop(whom) }
inline refused_start() {
  may_start(whom);
  MUST(yes_ && left[whom], "a start was refused without need");
  start_failed(whom)
}
inline woke() {
  see_calm();
  MUST(SETTLED_GOAL(whom), "a waiter may not be woken");
  do_wake(whom)
}
inline went() {
  if
  :: unannounced -> MUST(S == whom, "another state was announced"); unannounced = 0
  :: else ->
     next_state(to_);
     MUST(to_ == whom && to_ != S, "the whole may not move there");
     do_go(to_)
  fi
}

active proctype replay() {
  d_step {
    do
    :: read(what);
       if
       :: what == THE_END -> break
       :: what == LIFE -> begin_life()
       :: else ->
          read(whom);
          if :: !unannounced -> restart_up() :: else fi;
          if
          :: what == SILENCE -> silence()
          :: what == START -> ordered_start()
          :: what == SKIP -> ordered_skip()
          :: what == DRAIN -> ordered_drain()
          :: what == STOP -> ordered_stop()
          :: what == GO -> went()
          :: what == WAKE -> woke()
          :: what == REFUSE -> refused_start()
          :: else -> happens(what, whom)
          fi
       fi
    od
  }
  c_code { printf("%d lives of the simulator are lives of the model\n", lives_); }
}
