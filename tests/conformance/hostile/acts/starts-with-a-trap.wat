;; Traps before it is asked anything.
(func $main unreachable)
(start $main)
(func $sin)
