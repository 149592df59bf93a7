;; Writes what is no document.
(data (i32.const 8192) "P1, obviously")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 13)))
