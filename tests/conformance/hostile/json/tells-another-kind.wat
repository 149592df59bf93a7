;; Tells a kind of target that a later contract may know.
(data (i32.const 8192) "{\22ok\22: {\22priority\22: \22p1\22, \22reason\22: \22a\22, \22notices\22: [{\22key\22: \22key\22, \22page\22: true, \22to\22: [{\22other\22: {\22name\22: \22carrier-pigeon\22, \22value\22: \22key\22}}]}]}}")
(func $sin (global.set $answer (i32.const 8192)) (global.set $length (i32.const 147)))
