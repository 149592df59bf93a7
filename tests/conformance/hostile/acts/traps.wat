;; Executes `unreachable`, as a program that panics does.
(func $sin unreachable)
