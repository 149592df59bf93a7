;; The program that every test's source and channel is made of: `DATA` has its answers, and `CHOICE` writes the one that
;; belongs to the question. Before that it reads all of stdin, and writes the beginning of that to stderr.
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 8)
  DATA

  (func $write (param $descriptor i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $length))
    (call $fd_write (local.get $descriptor) (i32.const 1024) (i32.const 1) (i32.const 1032)))

  ;; Up to 8 KiB of stdin, at 4096; how many bytes there were.
  (func $read (result i32)
    (i32.store (i32.const 1024) (i32.const 4096))
    (i32.store (i32.const 1028) (i32.const 8192))
    (if (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032)) (then unreachable))
    (i32.load (i32.const 1032)))

  (func (export "_start")
    (local $question i32)
    (drop (call $write (i32.const 2) (i32.const 4096) (call $read)))
    (loop $next (br_if $next (call $read)))
    ;; Two arguments: their addresses at 1040, their texts at 1056.
    (drop (call $args_get (i32.const 1040) (i32.const 1056)))
    (local.set $question (i32.load (i32.const 1044)))
    CHOICE))
