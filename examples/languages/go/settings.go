package main

import "bellwire"

// Settings say whom each step tells.
type Settings struct {
	To struct {
		Team     bellwire.Targets `json:"team"`
		Manager  bellwire.Targets `json:"manager"`
		Director bellwire.Targets `json:"director"`
		VP       bellwire.Targets `json:"vp"`
	} `json:"to"`
}

func (settings *Settings) SetDefaults() {
	to := &settings.To
	to.Team = bellwire.Targets{bellwire.Receiver("team")}
	to.Manager = bellwire.Targets{bellwire.Receiver("manager")}
	to.Director = bellwire.Targets{bellwire.Receiver("director")}
	to.VP = bellwire.Targets{bellwire.Receiver("vp"), bellwire.Receiver("war-room")}
}
