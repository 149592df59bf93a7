;; Writes lines to its log for ever.
(import "bellwire:policy/log@0.1.1" "log" (func $log (param i32 i32 i32)))
(func $sin (loop $again (call $log (i32.const 1) (i32.const 2048) (i32.const 6)) (br $again)))
