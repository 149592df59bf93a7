;; Wants to be asked again at a time that fits into no integer.
(data (i32.const 8192) "{\22ok\22: {\22priority\22: \22p1\22, \22reason\22: \22a\22, \22next_check\22: 1e400}}")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 62)))
