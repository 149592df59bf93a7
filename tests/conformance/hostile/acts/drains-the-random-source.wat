;; Asks for as much of what is random as its memory holds, over and over.
(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
(func $sin
  (drop (memory.grow (i32.const 900)))
  (loop $again (drop (call $random_get (i32.const 131072) (i32.const 58000000))) (br $again)))
