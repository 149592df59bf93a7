;; Asks for 4 GiB.
(func $sin (drop (memory.grow (i32.const 65534))))
