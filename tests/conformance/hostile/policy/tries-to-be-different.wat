;; Wants to be asked again at a time made of the clock, a random number, and the bits of what is not a number.
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
(func $sin
  (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8448)))
  (drop (call $random_get (i32.const 8456) (i32.const 8)))
  (f64.store (i32.const 8464) (f64.sqrt (f64.sub (f64.load (i32.const 8472)) (f64.const 1))))
  (i32.store8 (i32.const 1048) (i32.const 1))
  (i64.store (i32.const 1056)
    (i64.add (i64.load (i32.const 8448)) (i64.add (i64.load (i32.const 8456)) (i64.load (i32.const 8464))))))
