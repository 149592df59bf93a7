;; Writes what lies beyond its memory.
(func $sin (global.set $answer (i32.const 0xfffffff0)) (global.set $length (i32.const 0xffffffff)))
