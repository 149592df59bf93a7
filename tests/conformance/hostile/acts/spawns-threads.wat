;; Asks for threads, as WASI once had them.
(import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
(func $sin (loop $more (drop (call $spawn (i32.const 0))) (br $more)))
