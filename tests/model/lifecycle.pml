/* The lifecycle as an automaton, written from docs/lifecycle.md and not from the machine.
 *
 * Two uses of one text:
 *   - spin explores it: the environment does whatever it may, and the properties at the end hold;
 *   - a trace of the simulator is replayed through it (-DTRACE): every order of the machine must be
 *     an action that is enabled here, and when the machine is silent none may be enabled.
 *
 * The environment acts only when the engine has nothing to do, as the machine settles after each
 * fact. Time is left out: a hook that runs may always be abandoned; the lame duck and the budget of
 * the whole stop are judged by the simulator's oracles. So are the texts.
 *
 * A component: what it wishes (want, again), how far it is (st), the hook that runs, its drain, and
 * which of its hooks were abandoned and still live (left).
 */
#ifndef N
#define N 4
#endif
#ifndef REQUESTS
#define REQUESTS 2
#endif
#ifndef WAITERS
#define WAITERS 2
#endif

/* phases, edges, states: numbered as in the machine, for the traces */
#define CORE 0
#define RUNTIME 1
#define ONLINE 2

#define NEEDS 1
#define AFTER 2

#define created 0
#define core_starting 1
#define core_ready 2
#define runtime_starting 3
#define runtime_ready 4
#define draining 5
#define stopping 6
#define stopped 7
#define runtime_failed 8
#define core_failed 9
#define rolling_back 10
#define stuck 11

#define waiting 0
#define starting 1
#define up 2
#define failed 3
#define skipped 4
#define off 5

#define no_hook 0
#define ordered 1 /* the start, not entered yet */
#define in_start 2
#define in_drain 3
#define in_stop 4

#define no_drain 0
#define pending 1
#define running 2
#define drained 3

#define left_start 1
#define left_drain 2
#define left_stop 4

#define no_wait 0
#define for_ready 1
#define for_stopped 2
#define woken 3

byte phase[N];
bit critical[N];
byte edge[N * N]; /* edge[above * N + below] */

byte st[N];
byte hook[N];
byte drain[N];
byte left[N];
bit want[N];
bit again[N];
bit occupied[N];
bit entered[N];
bit well[N];  /* the start succeeded */
bit holds[N]; /* its phase waits for it */
bit dying[N]; /* a task of it gave up while it starts */

byte S = created;
bit unannounced = 0; /* S has changed within a fact and nobody was told yet */
bit asked = 0;
bit hurried = 0;
bit served = 0;
bit core_failing = 0;
bit bring_up = 0;
bit open[3];
byte waiter[WAITERS];

/* what must never be */
bit started_after_stop = 0;
bit overlap = 0;
bit woken_twice = 0;

/* scratch */
hidden byte i_, j_, k_;
hidden byte yes_;

#define EDGE(above, below) edge[(above) * N + (below)]
#define FAILED_STATE (S == runtime_failed || S == core_failed || S == stuck)
#define SETTLED(c) (st[c] == up || st[c] == failed || st[c] == skipped)

/* ---- queries: into yes_ */

inline any(condition) {
  yes_ = 0;
  i_ = 0;
  do
  :: i_ < N -> if :: (condition) -> yes_ = 1 :: else fi; i_++
  :: else -> break
  od
}

inline may_start(c) {
  yes_ = want[c] && st[c] == waiting && open[phase[c]];
  i_ = 0;
  do
  :: i_ < N ->
     if
     :: EDGE(c, i_) == NEEDS && st[i_] != up -> yes_ = 0
     :: EDGE(c, i_) == AFTER && !SETTLED(i_) -> yes_ = 0
     :: else
     fi;
     i_++
  :: else -> break
  od
}

inline may_skip(c) {
  yes_ = 0;
  i_ = 0;
  do
  :: i_ < N ->
     if
     :: EDGE(c, i_) == NEEDS && (st[i_] == failed || st[i_] == skipped) -> yes_ = 1
     :: else
     fi;
     i_++
  :: else -> break
  od;
  yes_ = yes_ && want[c] && st[c] == waiting
}

inline may_drain(c) {
  yes_ = !want[c] && occupied[c] && hook[c] == no_hook && drain[c] == pending;
  i_ = 0;
  do
  :: i_ < N ->
     if
     :: EDGE(i_, c) && (drain[i_] == pending || drain[i_] == running) -> yes_ = 0
     :: else
     fi;
     i_++
  :: else -> break
  od
}

inline may_stop(c) {
  yes_ = !want[c] && occupied[c] && hook[c] == no_hook && drain[c] != pending && S != draining;
  i_ = 0;
  do
  :: i_ < N -> if :: EDGE(i_, c) && occupied[i_] -> yes_ = 0 :: else fi; i_++
  :: else -> break
  od
}

/* Where the whole goes from here by itself; S if it stays. */
inline next_state(to) {
  to = S;
  any(again[i_]);
  if
  :: S == core_starting ->
     any(phase[i_] == CORE && holds[i_]);
     if :: !yes_ -> to = core_ready :: else fi
  :: S == core_ready -> to = runtime_starting
  :: S == runtime_starting && !yes_ ->
     any(phase[i_] == RUNTIME && holds[i_]);
     if :: !yes_ -> to = runtime_ready :: else fi
  :: S == draining ->
     any(drain[i_] == pending || drain[i_] == running);
     if :: !yes_ && asked -> to = stopping :: !yes_ && !asked -> to = rolling_back :: else fi
  :: S == stopping ->
     any(occupied[i_]);
     if :: !yes_ -> to = stopped :: else fi
  :: S == rolling_back ->
     any(occupied[i_] && (core_failing || phase[i_] != CORE));
     if
     :: yes_
     :: !yes_ && core_failing -> to = core_failed
     :: !yes_ && !core_failing ->
        any(phase[i_] != CORE && left[i_]);
        if
        :: yes_ -> to = stuck
        :: !yes_ && bring_up -> to = runtime_starting
        :: else -> to = runtime_failed
        fi
     fi
  :: S == stuck ->
     any(phase[i_] != CORE && left[i_]);
     if :: !yes_ -> to = runtime_failed :: else fi
  :: else
  fi
}

#define SETTLED_GOAL(w) \
  ((waiter[w] == for_ready && (asked || FAILED_STATE || (S == runtime_ready && calm))) || \
   (waiter[w] == for_stopped && S == stopped))

/* Nothing of the runtime is on its way up again. */
hidden byte calm;
inline see_calm() {
  any(again[i_] || (phase[i_] == RUNTIME && holds[i_]));
  calm = !yes_
}

/* ---- effects */

inline free(c) {
  occupied[c] = 0;
  if :: drain[c] == pending -> drain[c] = drained :: else fi;
  if :: st[c] != failed -> st[c] = off :: else fi
}

inline descend(chosen, drains) {
  j_ = 0;
  do
  :: j_ < N ->
     if
     :: (chosen) ->
        want[j_] = 0;
        if
        :: drains && occupied[j_] && !hurried && drain[j_] == no_drain && hook[j_] != in_stop &&
              (well[j_] || hook[j_] == ordered || hook[j_] == in_start) ->
           drain[j_] = pending
        :: else
        fi
     :: else
     fi;
     j_++
  :: else -> break
  od
}

inline clear_again() {
  j_ = 0;
  do :: j_ < N -> again[j_] = 0; j_++ :: else -> break od
}

inline become(state) {
  S = state;
  unannounced = 1
}

inline fail_generation(c) {
  if
  :: asked
  :: else ->
     yes_ = (S == rolling_back || S == draining);
     if :: phase[c] == CORE -> core_failing = 1; bring_up = 0 :: else fi;
     if
     :: yes_ && phase[c] != CORE
     :: else ->
        clear_again();
        if :: !yes_ -> become(rolling_back) :: else fi;
        descend(core_failing || phase[j_] != CORE, 0)
     fi
  fi
}

inline start_failed(c) {
  hook[c] = no_hook;
  st[c] = failed;
  well[c] = 0;
  if
  :: want[c] && critical[c] -> fail_generation(c)
  :: want[c] && !critical[c] -> want[c] = 0; holds[c] = 0
  :: else
  fi;
  if :: drain[c] == pending -> drain[c] = drained :: else fi;
  if :: entered[c] :: else -> free(c) fi
}

inline die(c) {
  st[c] = failed;
  dying[c] = 0;
  if :: critical[c] -> fail_generation(c) :: else fi
}

inline bring(chosen) {
  j_ = 0;
  do
  :: j_ < N ->
     if
     :: (chosen) ->
        st[j_] = waiting;
        want[j_] = 1;
        holds[j_] = 1;
        again[j_] = 0;
        entered[j_] = 0;
        well[j_] = 0;
        dying[j_] = 0;
        drain[j_] = no_drain
     :: else
     fi;
     j_++
  :: else -> break
  od
}

inline begin_generation() {
  any(phase[i_] != CORE && (occupied[i_] || left[i_]));
  overlap = overlap || yes_;
  served = 0;
  hurried = 0;
  bring_up = 0;
  open[ONLINE] = 0;
  become(runtime_starting);
  bring(phase[j_] != CORE);
  open[RUNTIME] = 1
}

/* ---- what the engine does */

inline do_start(c) {
  started_after_stop = started_after_stop || asked;
  st[c] = starting;
  hook[c] = ordered;
  occupied[c] = 1
}
inline do_skip(c) {
  st[c] = skipped;
  want[c] = 0;
  holds[c] = 0
}
inline do_drain(c) {
  drain[c] = running;
  hook[c] = in_drain
}
inline do_stop(c) { hook[c] = in_stop }

inline do_go(to) {
  if
  :: to == runtime_starting -> begin_generation()
  :: to == runtime_ready ->
     S = to;
     served = 1;
     open[ONLINE] = 1
  :: else ->
     if :: S == rolling_back -> hurried = 0; bring_up = 0 :: else fi;
     S = to
  fi;
  unannounced = 0
}

inline do_wake(w) {
  woken_twice = woken_twice || waiter[w] == woken;
  waiter[w] = woken
}

/* ---- what happens */

inline begun() {
  if
  :: S == created ->
     become(core_starting);
     bring(phase[j_] == CORE);
     open[CORE] = 1
  :: else
  fi
}

inline was_entered(c) {
  if :: hook[c] == ordered -> hook[c] = in_start; entered[c] = 1 :: else fi
}

inline start_ok(c) {
  if
  :: hook[c] == in_start ->
     hook[c] = no_hook;
     st[c] = up;
     well[c] = 1;
     if
     :: want[c] ->
        holds[c] = 0;
        if :: dying[c] -> die(c) :: else fi
     :: else
     fi
  :: else -> left[c] = left[c] & ~left_start
  fi
}

inline start_bad(c) {
  if
  :: hook[c] == ordered && !want[c] -> hook[c] = no_hook; free(c)
  :: (hook[c] == ordered && want[c]) || hook[c] == in_start -> start_failed(c)
  :: else -> left[c] = left[c] & ~left_start
  fi
}

inline drain_over(c) {
  if
  :: hook[c] == in_drain -> hook[c] = no_hook; drain[c] = drained
  :: else -> left[c] = left[c] & ~left_drain
  fi
}

inline stop_over(c) {
  if
  :: hook[c] == in_stop -> hook[c] = no_hook; free(c)
  :: else -> left[c] = left[c] & ~left_stop
  fi
}

inline abandoned(c) {
  if
  :: hook[c] == in_start -> left[c] = left[c] | left_start; start_failed(c)
  :: hook[c] == in_drain ->
     left[c] = left[c] | left_drain;
     hook[c] = no_hook;
     drain[c] = drained
  :: hook[c] == in_stop -> left[c] = left[c] | left_stop; hook[c] = no_hook; free(c)
  :: else -> assert(false)
  fi
}

inline died(c) {
  if
  :: hook[c] == ordered || hook[c] == in_start -> dying[c] = 1
  :: st[c] == up && want[c] && hook[c] == no_hook -> die(c)
  :: else
  fi
}

/* A slow degradable part holds up nobody, nor does what waits behind it. */
inline was_slow(c) {
  if
  :: critical[c]
  :: else ->
     holds[c] = 0;
     k_ = 0;
     do
     :: k_ < N ->
        j_ = 0;
        do
        :: j_ < N ->
           any(EDGE(j_, i_) && !critical[i_] && !holds[i_] && (i_ == c || st[i_] == waiting));
           if
           :: yes_ && !critical[j_] && st[j_] == waiting && want[j_] -> holds[j_] = 0
           :: else
           fi;
           j_++
        :: else -> break
        od;
        k_++
     :: else -> break
     od
  fi
}

inline stop_asked() {
  if
  :: asked
  :: else ->
     asked = 1;
     bring_up = 0;
     clear_again();
     yes_ = served && S != rolling_back && S != runtime_failed;
     if
     :: S == stopped
     :: S == runtime_ready -> become(draining); descend(1, yes_)
     :: S == draining -> descend(1, yes_)
     :: else -> become(stopping); descend(1, yes_)
     fi
  fi
}

inline hurry_asked() {
  if
  :: asked && S != stopped && !hurried ->
     hurried = 1;
     j_ = 0;
     do
     :: j_ < N ->
        if :: drain[j_] == pending -> drain[j_] = drained :: else fi;
        j_++
     :: else -> break
     od
  :: else
  fi
}

#define REFUSED (asked || core_failing || S == stuck)

inline retry_asked() {
  if
  :: !REFUSED && S == runtime_failed -> begin_generation()
  :: !REFUSED && S == rolling_back -> bring_up = 1
  :: else
  fi
}

inline restart_asked() {
  if
  :: !REFUSED && S == runtime_failed -> begin_generation()
  :: !REFUSED && (S == rolling_back || S == draining) -> bring_up = 1
  :: !REFUSED && (S == runtime_ready || S == runtime_starting) ->
     bring_up = 1;
     clear_again();
     yes_ = served;
     if :: S == runtime_ready -> become(draining) :: else -> become(rolling_back) fi;
     descend(phase[j_] != CORE, yes_)
  :: else
  fi
}

/* c and what stands on it; `again` marks the closure while it is found. */
inline part_restart_asked(c) {
  if
  :: !REFUSED && phase[c] != CORE && (S == runtime_ready || S == runtime_starting) ->
     again[c] = 1;
     k_ = 0;
     do
     :: k_ < N ->
        j_ = 0;
        do
        :: j_ < N ->
           any(EDGE(j_, i_) && again[i_]);
           if :: yes_ -> again[j_] = 1 :: else fi;
           j_++
        :: else -> break
        od;
        k_++
     :: else -> break
     od;
     any(again[i_] && critical[i_]);
     if
     :: S == runtime_ready && yes_ -> open[ONLINE] = 0; become(runtime_starting)
     :: else
     fi;
     descend(again[j_], served)
  :: else
  fi
}

/* What was stopped to be started anew is down: silent, nobody is told. */
inline restart_up() {
  any(again[i_]);
  if
  :: yes_ ->
     any(again[i_] && occupied[i_]);
     if :: !yes_ -> bring(again[j_]) :: else fi
  :: else
  fi
}

inline wait_begun(w, goal) { waiter[w] = goal }

/* ---- by number: what happens, and what the engine does */

#define BEGUN 1
#define ENTERED 2
#define START_OK 3
#define START_BAD 4
#define DRAIN_OVER 5
#define STOP_OVER 6
#define ABANDONED 7
#define DIED 8
#define SLOW 9
#define STOP_ASKED 10
#define HURRY_ASKED 11
#define RETRY_ASKED 12
#define RESTART_ASKED 13
#define PART_RESTART_ASKED 14
#define WAIT_READY 15
#define WAIT_STOPPED 16
#define DROPPED 17

inline happens(what, c) {
  if
  :: what == BEGUN -> begun()
  :: what == ENTERED -> was_entered(c)
  :: what == START_OK -> start_ok(c)
  :: what == START_BAD -> start_bad(c)
  :: what == DRAIN_OVER -> drain_over(c)
  :: what == STOP_OVER -> stop_over(c)
  :: what == ABANDONED -> abandoned(c)
  :: what == DIED -> died(c)
  :: what == SLOW -> was_slow(c)
  :: what == STOP_ASKED -> stop_asked()
  :: what == HURRY_ASKED -> hurry_asked()
  :: what == RETRY_ASKED -> retry_asked()
  :: what == RESTART_ASKED -> restart_asked()
  :: what == PART_RESTART_ASKED -> part_restart_asked(c)
  :: what == WAIT_READY -> wait_begun(c, for_ready)
  :: what == WAIT_STOPPED -> wait_begun(c, for_stopped)
  :: what == DROPPED -> waiter[c] = no_wait
  fi
}

#ifdef TRACE
#include "trace.pml"
#else
#include "explore.pml"
#endif
