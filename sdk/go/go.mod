module bellwire

go 1.25
