/* The environment at its worst: every hook may end in any way, everything may be asked for. */

byte requests = REQUESTS;
byte deaths = 1;
byte to_;

#ifndef GRAPH
#define GRAPH 0
#endif

inline set(c, p, k) { phase[c] = p; critical[c] = k }
inline join(above, below, kind) { edge[(above) * N + (below)] = kind }

/* Small houses, each with another difficulty. */
inline build() {
#if GRAPH == 0 /* a chain through all phases */
  set(0, CORE, 1); set(1, RUNTIME, 1); set(2, RUNTIME, 1); join(2, 1, NEEDS);
#if N > 3
  set(3, ONLINE, 0); join(3, 2, NEEDS);
#endif
#if N > 4
  set(4, RUNTIME, 0); join(4, 1, AFTER);
#endif
#elif GRAPH == 1 /* a diamond, one side of it soft */
  set(0, RUNTIME, 1); set(1, RUNTIME, 0); set(2, RUNTIME, 1);
  join(1, 0, NEEDS); join(2, 0, NEEDS);
#if N > 3
  set(3, RUNTIME, 1); join(3, 1, AFTER); join(3, 2, NEEDS);
#endif
#elif GRAPH == 2 /* degradable parts that stand on each other, beside a critical one */
  set(0, RUNTIME, 0); set(1, RUNTIME, 0); set(2, RUNTIME, 1);
  join(1, 0, NEEDS); join(2, 1, AFTER);
#if N > 3
  set(3, ONLINE, 0); join(3, 0, NEEDS);
#endif
#elif GRAPH == 3 /* independent, in every phase */
  set(0, CORE, 1); set(1, RUNTIME, 1); set(2, ONLINE, 0);
#if N > 3
  set(3, CORE, 0);
#endif
#endif
}

/* The engine does all it may, in some order: what it may do does not depend on which. */
hidden byte moved_;

inline settle() {
  do
  :: moved_ = 0;
     restart_up();
     k_ = 0;
     do
     :: k_ < N ->
        may_skip(k_);
        if :: yes_ -> do_skip(k_); moved_ = 1 :: else fi;
        may_start(k_);
        if
        /* An abandoned start that still lives keeps its part from starting again. */
        :: yes_ && left[k_] -> start_failed(k_); moved_ = 1
        :: yes_ && !left[k_] -> do_start(k_); moved_ = 1
        :: else
        fi;
        may_drain(k_);
        if :: yes_ -> do_drain(k_); moved_ = 1 :: else fi;
        may_stop(k_);
        if :: yes_ -> do_stop(k_); moved_ = 1 :: else fi;
        k_++
     :: else -> break
     od;
     see_calm();
     k_ = 0;
     do
     :: k_ < WAITERS ->
        if :: SETTLED_GOAL(k_) -> do_wake(k_); moved_ = 1 :: else fi;
        k_++
     :: else -> break
     od;
     next_state(to_);
     if :: to_ != S -> do_go(to_); moved_ = 1 :: else fi;
     if :: !moved_ -> break :: else fi
  od;
  unannounced = 0
}

#define EACH(X) X(0) X(1) X(2) EACH_MORE(X)
#if N == 5
#define EACH_MORE(X) X(3) X(4)
#elif N == 4
#define EACH_MORE(X) X(3)
#else
#define EACH_MORE(X)
#endif

#define HAPPENS(c) \
  :: hook[c] == ordered -> what = ENTERED; whom = c \
  :: hook[c] == ordered -> what = START_BAD; whom = c \
  :: hook[c] == in_start -> what = START_OK; whom = c \
  :: hook[c] == in_start -> what = START_BAD; whom = c \
  :: hook[c] == in_start && holds[c] && !critical[c] -> what = SLOW; whom = c \
  :: hook[c] == in_drain || (left[c] & left_drain) -> what = DRAIN_OVER; whom = c \
  :: hook[c] == in_stop || (left[c] & left_stop) -> what = STOP_OVER; whom = c \
  :: hook[c] == no_hook && (left[c] & left_start) -> what = START_BAD; whom = c \
  :: hook[c] >= in_start -> what = ABANDONED; whom = c \
  :: deaths > 0 && occupied[c] -> deaths--; what = DIED; whom = c \
  :: requests > 0 && phase[c] != CORE -> requests--; what = PART_RESTART_ASKED; whom = c

byte what, whom;

active proctype house() {
  d_step { build(); begun(); settle() }
  do
  :: S == stopped -> break
  :: S != stopped ->
     atomic {
       if
       EACH(HAPPENS)
       :: !asked -> what = STOP_ASKED
       :: requests > 0 && asked -> requests--; what = HURRY_ASKED
       :: requests > 0 -> requests--; what = RETRY_ASKED
       :: requests > 0 -> requests--; what = RESTART_ASKED
       :: waiter[0] == no_wait -> what = WAIT_READY; whom = 0
       :: waiter[1] == no_wait -> what = WAIT_STOPPED; whom = 1
       fi;
       d_step { happens(what, whom); settle(); what = 0; whom = 0; to_ = 0 }
     }
  od;
  assert(waiter[0] != for_ready && waiter[1] != for_stopped)
}

#define CRITICAL_UP(c) (!critical[c] || st[c] == up)
#if N == 5
#define ALL_UP (CRITICAL_UP(0) && CRITICAL_UP(1) && CRITICAL_UP(2) && CRITICAL_UP(3) && CRITICAL_UP(4))
#else
#define ALL_UP (CRITICAL_UP(0) && CRITICAL_UP(1) && CRITICAL_UP(2) && CRITICAL_UP(N - 1))
#endif
#define READY_MEANS_UP (S != runtime_ready || ALL_UP)
#define NO_READY_AFTER_STOP (!asked || S != runtime_ready)

ltl ready_means_up { [] READY_MEANS_UP }
ltl terminates { <> (S == stopped) }
ltl woken_once { [] !woken_twice }
ltl no_ready_after_stop { [] NO_READY_AFTER_STOP }
ltl no_start_after_stop { [] !started_after_stop }
ltl no_overlap { [] !overlap }
ltl all_of_them {
  <> (S == stopped) &&
  [] (READY_MEANS_UP && NO_READY_AFTER_STOP && !woken_twice && !started_after_stop && !overlap)
}
