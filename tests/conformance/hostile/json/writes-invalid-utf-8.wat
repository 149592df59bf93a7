;; Writes what is not UTF-8.
(data (i32.const 8192) "{\"ok\ff\fe")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 7)))
