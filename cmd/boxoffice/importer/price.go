package importer

import "boxoffice/actors/sale/catalog"

// inventory makes up a house and prices it.
func (e *discoveryEvent) inventory(seats int, land *country, m *Mends) catalog.Inventory {
	currency, lowest, highest := e.prices(land, m)
	sections := drawHouse(e.ID, seats)
	setPrices(sections, currencies[currency], lowest, highest)
	return catalog.Inventory{Currency: currency, Sections: sections}
}

// prices is the range of the event in minor units: the source's without fees, or
// one that is drawn from the id in the country's currency.
func (e *discoveryEvent) prices(land *country, m *Mends) (currency string, lowest, highest int64) {
	currency = "USD"
	if land != nil {
		currency = land.currency
	}
	drawn := func(why Mend, in string) (string, int64, int64) {
		m.add(why, true)
		d := diceOf("price", e.ID)
		lowest, highest = currencies[in].draw(&d)
		return in, lowest, highest
	}
	p := e.standardPrice(m)
	if p == nil || !p.Min.ok && !p.Max.ok {
		return drawn(mendPriceDrawn, currency)
	}
	if !knownCurrency(p.Currency) {
		return drawn(mendCurrency, currency)
	}
	currency = p.Currency
	if !p.Min.ok {
		p.Min = p.Max
	} else if !p.Max.ok {
		p.Max = p.Min
	}
	lowest, okLow := currencies[currency].minor(p.Min.value)
	highest, okHigh := currencies[currency].minor(p.Max.value)
	if !okLow || !okHigh {
		return drawn(mendPriceDrawn, currency)
	}
	if lowest == 0 && highest == 0 {
		return drawn(mendPriceZero, currency)
	}
	if lowest > highest {
		m.add(mendPriceSwapped, true)
		lowest, highest = highest, lowest
	}
	return currency, lowest, highest
}

// standardPrice is the range of type "standard", else the first that is not said
// to include fees, else the first; nil where there is none.
func (e *discoveryEvent) standardPrice(m *Mends) *discoveryPrice {
	m.add(mendPriceFees, len(e.PriceRanges) > 1)
	var plain *discoveryPrice
	for i := range e.PriceRanges {
		p := &e.PriceRanges[i]
		if p.Type == "standard" {
			return p
		}
		if plain == nil && p.Type != "standard including fees" {
			plain = p
		}
	}
	if plain == nil && len(e.PriceRanges) > 0 {
		plain = &e.PriceRanges[0]
	}
	return plain
}
