;; The simple door: a program that commits its sin at SIN, and then writes what lies at $answer to stdout, which is P1 with
;; the reason "steady" unless the sin put another in its place. A sin's own data lies from 8192 to 65536.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  IMPORTS
  (memory (export "memory") 2)
  SIN
  (global $answer (mut i32) (i32.const 2048))
  (global $length (mut i32) (i32.const 46))
  (data (i32.const 2048) "{\"ok\": {\"priority\": \"p1\", \"reason\": \"steady\"}}")

  (func $write (param $descriptor i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $length))
    (drop (call $fd_write (local.get $descriptor) (i32.const 1024) (i32.const 1) (i32.const 1032))))

  (func (export "_start")
    (call $sin)
    (call $write (i32.const 1) (global.get $answer) (global.get $length))))
