;; Loops for ever before it is asked anything.
(func $main (loop $for_ever (br $for_ever)))
(start $main)
(func $sin)
