module ladder

go 1.25

require bellwire v0.0.0

replace bellwire => ../../../sdk/go

tool bellwire/plugin
