;; Sleeps for a year.
(import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
(func $sin
  (i64.store (i32.const 8216) (i64.const 31536000000000000))
  (drop (call $poll_oneoff (i32.const 8192) (i32.const 8320) (i32.const 1) (i32.const 8448))))
