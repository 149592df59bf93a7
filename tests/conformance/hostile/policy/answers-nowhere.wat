;; Returns an answer that begins inside of its memory and ends beyond it.
(func $sin (global.set $answer (i32.const 131064)))
