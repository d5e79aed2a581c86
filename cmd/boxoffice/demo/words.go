package demo

import "fmt"

// showKind is how shows of a genre are invented.
type showKind struct {
	genre  string
	name   func(d *dice, i int) string // of a performer
	titles []string                    // {star}, {work} and {city} are replaced
	lines  []string                    // the last sentence of the description
	guests bool                        // others may perform as well
}

// shows are the kinds of shows that suit each kind of house.
var shows = map[kind][]showKind{
	arena:   {rock, pop, electronic, rock, comedy},
	theatre: {play, musical, comedy, dance, play},
	hall:    {classical, jazz, folk, classical},
	club:    {rock, electronic, folk, jazz, comedy},
}

var (
	rock = showKind{"Rock", band, []string{"{star}", "{star}: The {work} Tour", "{star} play “{work}”"},
		[]string{"Loud, and worth it.", "Doors open an hour before.", "The new record, and the old ones."}, true}
	pop = showKind{"Pop", band, []string{"{star}: {work}", "{star} live in {city}", "{star}: The {work} Tour"},
		[]string{"All the songs that you know by heart.", "One night only.", "With a band of eleven."}, true}
	electronic = showKind{"Dance/Electronic", band,
		[]string{"{star} (live)", "{work} with {star}", "{star} all night long"},
		[]string{"Until the first tram.", "Bring earplugs.", "Lights by the band themselves."}, true}
	folk = showKind{"Folk", person, []string{"{star}", "{star}: Songs from {work}", "{star} and friends"},
		[]string{"Seated, and unamplified where the room allows.", "Songs and the stories behind them."}, true}
	jazz = showKind{"Jazz", person, []string{"{star} Quartet", "{star} Trio", "{star}: {work} Suite"},
		[]string{"Two sets with an interval.", "The bar stays open."}, true}
	comedy = showKind{"Comedy", person,
		[]string{"{star}: {work}", "{star} tries out new jokes", "An Evening with {star}"},
		[]string{"Ninety minutes without an interval.", "Not for children.", "Latecomers become part of it."}, false}
	classical = showKind{"Classical", orchestra,
		[]string{"{star}: {work}", "{star}: New Year in {city}", "{star} plays {work}"},
		[]string{"With a talk half an hour before.", "Recorded for the radio.", "The house is lit by candles."}, false}
	play = showKind{"Theatre", company, []string{"{work}", "{work}, a comedy", "{work}: the last week"},
		[]string{"A play in two acts.", "In the original language, with surtitles.", "Directed by its author."}, false}
	musical = showKind{"Musical", company, []string{"{work}: The Musical", "{work} on Ice"},
		[]string{"For everybody from six years on.", "With an orchestra in the pit."}, false}
	dance = showKind{"Dance", company, []string{"{work}: a ballet", "{star}: {work}"},
		[]string{"Two hours with an interval.", "Music played live."}, false}
)

var works = []string{
	"First Light", "The Glass Orchard", "Nine Bridges", "Tomorrow's Weather", "A House of Salt", "The Long Ferry",
	"Paper Moons", "Northbound", "The Clockmaker's Daughter", "Slow Thunder", "Everything but the Piano",
	"Winter Gardens", "The Second Harbour", "Small Fires", "Letters to Nobody", "The Cartographer", "Blue Hour",
	"Twelve Umbrellas", "The Night Baker", "Static and Honey", "Under the Viaduct", "The Last Tram Home",
	"Copper Skies", "A Field Guide to Echoes", "The Quiet Parade", "Half the Sea", "Sundays Only",
	"The Invisible Circus", "Seven Doors", "Postcards from the Tide",
}

var adjectives = []string{
	"Paper", "Velvet", "Northern", "Hollow", "Golden", "Electric", "Midnight", "Silver", "Crooked", "Distant",
	"Painted", "Restless", "Marble", "Scarlet", "Wandering", "Borrowed", "Frozen", "Tidal", "Amber", "Second",
}

var nouns = []string{
	"Lanterns", "Foxes", "Harbours", "Satellites", "Orchards", "Machines", "Sparrows", "Engines", "Tigers", "Letters",
	"Mirrors", "Islands", "Wolves", "Parades", "Gardens", "Comets", "Bridges", "Postmen", "Kites", "Radios",
}

var givenNames = []string{
	"Ada", "Bruno", "Celia", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Luca", "Mirela",
	"Nils", "Olivia", "Pavel", "Quentin", "Rosa", "Samir", "Tove", "Uma", "Viktor", "Wanda", "Yusuf", "Zoe",
}

var familyNames = []string{
	"Abendroth", "Bellweather", "Castellan", "Drummond-Lee", "Eriksdotter", "Farrow", "Grunwald", "Hollis", "Ivanek",
	"Juarez-Bloom", "Kestrel", "Lindqvist", "Marchetti", "Nakadai", "Okonjo", "Pellier", "Quist", "Rosenfeldt",
	"Sandoval", "Thackeray", "Umarov", "Vandermeer", "Wexford", "Yamazato", "Zielinska",
}

var places = []string{
	"Riverside", "Old Town", "Harbour", "Lakeland", "Northgate", "Hillside", "Meridian", "Westbridge", "Linden",
	"Castle", "Bayview", "Market Square", "Southbank", "Mill", "Aurora",
}

func band(d *dice, i int) string {
	return fmt.Sprintf("The %s %s", adjectives[i%len(adjectives)], pick(d, nouns))
}

func person(d *dice, i int) string {
	return givenNames[i%len(givenNames)] + " " + pick(d, familyNames)
}

func orchestra(d *dice, i int) string {
	kinds := []string{"Philharmonic", "Chamber Orchestra", "Symphony", "Sinfonietta"}
	return places[i%len(places)] + " " + pick(d, kinds)
}

func company(d *dice, i int) string {
	return places[i%len(places)] + " " + pick(d, []string{"Players", "Theatre Company", "Ensemble", "Repertory"})
}
