;; The program that every test of the JSON door is made of: `IMPORTS`, `ITEMS` and `MAIN` are replaced by the test.
;; What preview 1 is asked for lies from 1024 on, answers from 2048 on, and stdin goes to 4096.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  IMPORTS
  (memory (export "memory") 4)
  (data (i32.const 2048) "{\"ok\": {\"priority\": \"p1\", \"reason\": \"steady\"}}")
  ITEMS

  (func $write (param $descriptor i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $length))
    (call $fd_write (local.get $descriptor) (i32.const 1024) (i32.const 1) (i32.const 1032)))

  ;; Up to `length` bytes of stdin; how many there were.
  (func $read (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $length))
    (if (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032)) (then unreachable))
    (i32.load (i32.const 1032)))

  ;; The answer that is in the data.
  (func $decide (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 46))))

  ;; An answer with this number as its reason, in 20 digits.
  (data (i32.const 2304) "{\"ok\": {\"priority\": \"p1\", \"reason\": \"00000000000000000000\"}}")
  (func $answer (param $number i64)
    (local $at i32)
    (local.set $at (i32.const 2360))
    (loop $digit
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digit (i64.ne (local.get $number) (i64.const 0))))
    (drop (call $write (i32.const 1) (i32.const 2304) (i32.const 60))))

  (func (export "_start")
    MAIN))
