;; Decides a notice whose key would end a line of a log and a part of a path.
(data (i32.const 8192) "{\22ok\22: {\22priority\22: \22p1\22, \22reason\22: \22a\22, \22notices\22: [{\22key\22: \22a/../b\5cr\5cnok\5cu0000\22, \22page\22: true, \22to\22: [{\22receiver\22: \22steady\22}]}]}}")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 131)))
