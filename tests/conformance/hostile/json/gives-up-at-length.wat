;; Exits with a failure after it has said why, in a line of 60,000 bytes that is not UTF-8.
(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
(func $sin
  (drop (memory.grow (i32.const 1)))
  (memory.fill (i32.const 131072) (i32.const 0xff) (i32.const 60000))
  (call $write (i32.const 2) (i32.const 131072) (i32.const 60000))
  (call $proc_exit (i32.const 255)))
