;; Is made with a second memory of 4 GiB.
(func $sin)
(memory 65536)
