;; Loops for ever.
(func $sin (loop $for_ever (br $for_ever)))
