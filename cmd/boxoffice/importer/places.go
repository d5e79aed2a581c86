package importer

import "strings"

// country is what is taken for granted of a country where an event does not say:
// the zone of its capital or most people, and its money.
type country struct {
	code     string // ISO 3166-1
	zone     string
	currency string
}

// countries by code. Those with several zones have a table of regions below.
var countries = map[string]country{
	"AE": {"AE", "Asia/Dubai", "AED"}, "AR": {"AR", "America/Argentina/Buenos_Aires", "ARS"},
	"AT": {"AT", "Europe/Vienna", "EUR"}, "AU": {"AU", "Australia/Sydney", "AUD"},
	"BE": {"BE", "Europe/Brussels", "EUR"}, "BG": {"BG", "Europe/Sofia", "BGN"},
	"BR": {"BR", "America/Sao_Paulo", "BRL"}, "CA": {"CA", "America/Toronto", "CAD"},
	"CH": {"CH", "Europe/Zurich", "CHF"}, "CL": {"CL", "America/Santiago", "CLP"},
	"CN": {"CN", "Asia/Shanghai", "CNY"}, "CO": {"CO", "America/Bogota", "COP"},
	"CZ": {"CZ", "Europe/Prague", "CZK"}, "DE": {"DE", "Europe/Berlin", "EUR"},
	"DK": {"DK", "Europe/Copenhagen", "DKK"}, "EE": {"EE", "Europe/Tallinn", "EUR"},
	"ES": {"ES", "Europe/Madrid", "EUR"}, "FI": {"FI", "Europe/Helsinki", "EUR"},
	"FR": {"FR", "Europe/Paris", "EUR"}, "GB": {"GB", "Europe/London", "GBP"},
	"GR": {"GR", "Europe/Athens", "EUR"}, "HK": {"HK", "Asia/Hong_Kong", "HKD"},
	"HR": {"HR", "Europe/Zagreb", "EUR"}, "HU": {"HU", "Europe/Budapest", "HUF"},
	"IE": {"IE", "Europe/Dublin", "EUR"}, "IL": {"IL", "Asia/Jerusalem", "ILS"},
	"IN": {"IN", "Asia/Kolkata", "INR"}, "IS": {"IS", "Atlantic/Reykjavik", "ISK"},
	"IT": {"IT", "Europe/Rome", "EUR"}, "JP": {"JP", "Asia/Tokyo", "JPY"},
	"KR": {"KR", "Asia/Seoul", "KRW"}, "LT": {"LT", "Europe/Vilnius", "EUR"},
	"LU": {"LU", "Europe/Luxembourg", "EUR"}, "LV": {"LV", "Europe/Riga", "EUR"},
	"MX": {"MX", "America/Mexico_City", "MXN"}, "MY": {"MY", "Asia/Kuala_Lumpur", "MYR"},
	"NL": {"NL", "Europe/Amsterdam", "EUR"}, "NO": {"NO", "Europe/Oslo", "NOK"},
	"NZ": {"NZ", "Pacific/Auckland", "NZD"}, "PE": {"PE", "America/Lima", "PEN"},
	"PH": {"PH", "Asia/Manila", "PHP"}, "PL": {"PL", "Europe/Warsaw", "PLN"},
	"PT": {"PT", "Europe/Lisbon", "EUR"}, "RO": {"RO", "Europe/Bucharest", "RON"},
	"RS": {"RS", "Europe/Belgrade", "RSD"}, "SA": {"SA", "Asia/Riyadh", "SAR"},
	"SE": {"SE", "Europe/Stockholm", "SEK"}, "SG": {"SG", "Asia/Singapore", "SGD"},
	"SI": {"SI", "Europe/Ljubljana", "EUR"}, "SK": {"SK", "Europe/Bratislava", "EUR"},
	"TH": {"TH", "Asia/Bangkok", "THB"}, "TR": {"TR", "Europe/Istanbul", "TRY"},
	"TW": {"TW", "Asia/Taipei", "TWD"}, "UA": {"UA", "Europe/Kyiv", "UAH"},
	"US": {"US", "America/New_York", "USD"}, "ZA": {"ZA", "Africa/Johannesburg", "ZAR"},
}

// countryNames leads from names in lower case to codes.
var countryNames = map[string]string{
	"argentina": "AR", "australia": "AU", "austria": "AT", "belgium": "BE", "brazil": "BR", "bulgaria": "BG",
	"canada": "CA", "chile": "CL", "china": "CN", "colombia": "CO", "croatia": "HR", "czech republic": "CZ",
	"czechia": "CZ", "česká republika": "CZ", "denmark": "DK", "estonia": "EE", "finland": "FI", "france": "FR",
	"germany": "DE", "deutschland": "DE", "great britain": "GB", "greece": "GR", "hong kong": "HK", "hungary": "HU",
	"iceland": "IS", "india": "IN", "ireland": "IE", "israel": "IL", "italy": "IT", "japan": "JP", "latvia": "LV",
	"lithuania": "LT", "luxembourg": "LU", "malaysia": "MY", "mexico": "MX", "méxico": "MX", "netherlands": "NL",
	"new zealand": "NZ", "northern ireland": "GB", "norway": "NO", "peru": "PE", "philippines": "PH", "poland": "PL",
	"polska": "PL", "portugal": "PT", "romania": "RO", "saudi arabia": "SA", "serbia": "RS", "singapore": "SG",
	"slovakia": "SK", "slovenia": "SI", "south africa": "ZA", "south korea": "KR", "spain": "ES", "españa": "ES",
	"sweden": "SE", "switzerland": "CH", "taiwan": "TW", "thailand": "TH", "turkey": "TR", "türkiye": "TR",
	"ukraine": "UA", "united arab emirates": "AE", "united kingdom": "GB", "united states": "US",
	"united states of america": "US", "usa": "US",
}

// findCountry looks a country up by code or name. Where it is not known, the
// result is nil.
func findCountry(code, name string) *country {
	c, ok := countries[strings.ToUpper(code)]
	if !ok {
		c, ok = countries[countryNames[strings.ToLower(name)]]
	}
	if !ok {
		return nil
	}
	return &c
}

// regions lists states of countries with several zones: "code name|code name|…"
// by country and zone. Where a state has two zones, it is that of most people.
var regions = map[string]map[string]string{
	"US": {
		"America/New_York": "CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|GA Georgia|IN Indiana|" +
			"ME Maine|MD Maryland|MA Massachusetts|MI Michigan|NH New Hampshire|NJ New Jersey|NY New York|" +
			"NC North Carolina|OH Ohio|PA Pennsylvania|RI Rhode Island|SC South Carolina|VT Vermont|VA Virginia|" +
			"WV West Virginia|KY Kentucky|DC Washington DC|DC Washington D.C.",
		"America/Chicago": "AL Alabama|AR Arkansas|IL Illinois|IA Iowa|KS Kansas|LA Louisiana|MN Minnesota|" +
			"MS Mississippi|MO Missouri|NE Nebraska|ND North Dakota|OK Oklahoma|SD South Dakota|TN Tennessee|" +
			"TX Texas|WI Wisconsin",
		"America/Denver":      "CO Colorado|ID Idaho|MT Montana|NM New Mexico|UT Utah|WY Wyoming",
		"America/Phoenix":     "AZ Arizona",
		"America/Los_Angeles": "CA California|NV Nevada|OR Oregon|WA Washington",
		"America/Anchorage":   "AK Alaska",
		"Pacific/Honolulu":    "HI Hawaii",
		"America/Puerto_Rico": "PR Puerto Rico",
	},
	"CA": {
		"America/Toronto":   "ON Ontario|QC Quebec|QC Québec",
		"America/Halifax":   "NS Nova Scotia|NB New Brunswick|PE Prince Edward Island",
		"America/St_Johns":  "NL Newfoundland and Labrador|NL Newfoundland",
		"America/Winnipeg":  "MB Manitoba",
		"America/Regina":    "SK Saskatchewan",
		"America/Edmonton":  "AB Alberta|NT Northwest Territories",
		"America/Vancouver": "BC British Columbia|YT Yukon",
	},
	"AU": {
		"Australia/Sydney":    "NSW New South Wales|ACT Australian Capital Territory",
		"Australia/Melbourne": "VIC Victoria",
		"Australia/Brisbane":  "QLD Queensland",
		"Australia/Adelaide":  "SA South Australia",
		"Australia/Darwin":    "NT Northern Territory",
		"Australia/Hobart":    "TAS Tasmania",
		"Australia/Perth":     "WA Western Australia",
	},
	"MX": {
		"America/Cancun":     "QROO Quintana Roo",
		"America/Hermosillo": "SON Sonora",
		"America/Tijuana":    "BC Baja California",
	},
}

// region is a state with the zone that is taken for it.
type region struct{ code, zone string }

// regionTable is regions by country code, then by code and by name in lower case.
var regionTable = func() map[string]map[string]region {
	out := make(map[string]map[string]region)
	for code, zones := range regions {
		table := make(map[string]region)
		for zone, list := range zones {
			for entry := range strings.SplitSeq(list, "|") {
				short, name, _ := strings.Cut(entry, " ")
				r := region{short, zone}
				table[strings.ToLower(short)], table[strings.ToLower(name)] = r, r
			}
		}
		out[code] = table
	}
	return out
}()

// findRegion looks a state up by code or name; nil where it is not known.
func findRegion(c *country, code, name string) *region {
	if c == nil {
		return nil
	}
	table := regionTable[c.code]
	r, ok := table[strings.ToLower(code)]
	if !ok {
		r, ok = table[strings.ToLower(name)]
	}
	if !ok {
		return nil
	}
	return &r
}
