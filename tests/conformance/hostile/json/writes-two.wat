;; Writes two documents.
(data (i32.const 8192) "{\22ok\22: {\22priority\22: \22p1\22, \22reason\22: \22a\22}} {\22ok\22: {\22priority\22: \22p4\22, \22reason\22: \22b\22}}")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 83)))
