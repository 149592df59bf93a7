;; Writes to its log what is not UTF-8, on a level that there is not.
(import "bellwire:policy/log@0.1.1" "log" (func $log (param i32 i32 i32)))
(data (i32.const 8192) "\ff\fe")
(func $sin (call $log (i32.const 77) (i32.const 8192) (i32.const 2)))
