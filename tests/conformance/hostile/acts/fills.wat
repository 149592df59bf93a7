;; Fills nearly all the memory that it may have, over and over: each time one instruction, which fuel counts as one.
(func $sin
  (drop (memory.grow (i32.const 1000)))
  (loop $again (memory.fill (i32.const 131072) (i32.const 1) (i32.const 65404928)) (br $again)))
