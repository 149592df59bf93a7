;; Wants to be asked again at a time that is not a number.
(data (i32.const 8192) "{\22ok\22: {\22priority\22: \22p1\22, \22reason\22: \22a\22, \22next_check\22: NaN}}")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 60)))
