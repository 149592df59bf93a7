;; Throws an exception that nobody catches.
(tag $oops)
(func $sin (throw $oops))
