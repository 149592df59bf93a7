;; A `wasi_snapshot_preview1` that gives nothing away, put under core modules whose language cannot leave WASI out (Go, C).
;;
;; A policy is a pure function of its facts, so there is nothing to ask the outside for: the clock stands still, what is
;; called random is a counter from a fixed seed, there are no arguments, no environment and no descriptors. What a guest
;; writes to one is swallowed as if written, so that a stray print is no failure. A module that imports a function that is
;; not here is refused by its name.
;;
;; An adapter may hold no data and no table. It has the guest's memory and state in its globals only.
(module
  (import "env" "memory" (memory 0))

  ;; Any odd number would do: the same sequence in every call is what counts.
  (global $seed (mut i64) (i64.const 0x9E3779B97F4A7C15))

  (func (export "sched_yield") (result i32) i32.const 0)

  ;; A policy that exits gives no decision.
  (func (export "proc_exit") (param i32) unreachable)

  ;; No arguments, no environment: two counts of zero.
  (func (export "args_get") (param i32 i32) (result i32) i32.const 0)
  (func (export "args_sizes_get") (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.const 0)) (i32.store (local.get 1) (i32.const 0)) i32.const 0)
  (func (export "environ_get") (param i32 i32) (result i32) i32.const 0)
  (func (export "environ_sizes_get") (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.const 0)) (i32.store (local.get 1) (i32.const 0)) i32.const 0)

  ;; 2023-11-14T22:13:20Z, always. The time that counts is `facts.now`.
  (func (export "clock_time_get") (param i32 i64 i32) (result i32)
    (i64.store (local.get 2) (i64.const 1700000000000000000)) i32.const 0)
  (func (export "clock_res_get") (param i32 i32) (result i32)
    (i64.store (local.get 1) (i64.const 1)) i32.const 0)

  ;; Knuth's linear congruential generator; languages seed their hash maps from it.
  (func (export "random_get") (param $at i32) (param $length i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (global.set $seed
        (i64.add (i64.mul (global.get $seed) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
      (i32.store8 (local.get $at) (i32.wrap_i64 (i64.shr_u (global.get $seed) (i64.const 33))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
    i32.const 0)

  ;; Swallow: report the sum of the vectors' lengths as written.
  (func (export "fd_write") (param $descriptor i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)
    (local $sum i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $vectors))))
      (local.set $vectors (i32.add (local.get $vectors) (i32.const 8)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next)))
    (i32.store (local.get $written) (local.get $sum)) i32.const 0)

  ;; Nothing to wait for: EINVAL (28).
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32)
    (i32.store (local.get 3) (i32.const 0)) i32.const 28)

  ;; No descriptors: EBADF (8).
  (func (export "fd_close") (param i32) (result i32) i32.const 8)
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_prestat_get") (param i32 i32) (result i32) i32.const 8)
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) i32.const 8)
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) i32.const 8)
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) i32.const 8)

  ;; Go's bindings look for it.
  (func (export "adapter_monotonic_clock_set_paused") (param i32)))
