;; Is made with three memories of 30 MiB, each of which would do.
(func $sin)
(memory 480) (memory 480) (memory 480)
