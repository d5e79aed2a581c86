package searchtest

import (
	"strconv"
	"strings"
)

// city is a city: its place, and its share of the venues.
type city struct {
	name, region, country string
	lat, lon              float64
	weight                float64
}

// cityTable has a city a line, the larger ones first in each country: name, region,
// country, latitude, longitude. Suva and Apia have the antimeridian between them,
// Longyearbyen and Tromsø the pole.
const cityTable = `New York,NY,US,40.71,-74.01
Los Angeles,CA,US,34.05,-118.24
Chicago,IL,US,41.88,-87.63
Houston,TX,US,29.76,-95.37
Phoenix,AZ,US,33.45,-112.07
Philadelphia,PA,US,39.95,-75.17
San Antonio,TX,US,29.42,-98.49
San Diego,CA,US,32.72,-117.16
Dallas,TX,US,32.78,-96.80
Austin,TX,US,30.27,-97.74
San Francisco,CA,US,37.77,-122.42
Seattle,WA,US,47.61,-122.33
Denver,CO,US,39.74,-104.99
Washington,DC,US,38.91,-77.04
Boston,MA,US,42.36,-71.06
Nashville,TN,US,36.16,-86.78
Las Vegas,NV,US,36.17,-115.14
Detroit,MI,US,42.33,-83.05
Portland,OR,US,45.52,-122.68
Memphis,TN,US,35.15,-90.05
Atlanta,GA,US,33.75,-84.39
Miami,FL,US,25.76,-80.19
Minneapolis,MN,US,44.98,-93.27
New Orleans,LA,US,29.95,-90.07
Cleveland,OH,US,41.50,-81.69
St. Louis,MO,US,38.63,-90.20
Salt Lake City,UT,US,40.76,-111.89
Honolulu,HI,US,21.31,-157.86
Anchorage,AK,US,61.22,-149.90
Birmingham,AL,US,33.52,-86.80
London,,GB,51.51,-0.13
Manchester,,GB,53.48,-2.24
Glasgow,,GB,55.86,-4.25
Birmingham,,GB,52.48,-1.90
Liverpool,,GB,53.41,-2.98
Dublin,,IE,53.35,-6.26
Paris,,FR,48.86,2.35
Lyon,,FR,45.76,4.84
Berlin,,DE,52.52,13.41
Hamburg,,DE,53.55,9.99
München,,DE,48.14,11.58
Köln,,DE,50.94,6.96
Amsterdam,,NL,52.37,4.90
Bruxelles,,BE,50.85,4.35
Zürich,,CH,47.38,8.54
Wien,,AT,48.21,16.37
Praha,,CZ,50.08,14.44
Łódź,,PL,51.76,19.46
Kraków,,PL,50.06,19.94
Madrid,,ES,40.42,-3.70
Málaga,,ES,36.72,-4.42
Lisboa,,PT,38.72,-9.14
Roma,,IT,41.90,12.50
Stockholm,,SE,59.33,18.07
Göteborg,,SE,57.71,11.97
København,,DK,55.68,12.57
Oslo,,NO,59.91,10.75
Tromsø,,NO,69.65,18.96
Longyearbyen,,NO,78.22,15.65
Helsinki,,FI,60.17,24.94
Reykjavík,,IS,64.15,-21.94
Toronto,ON,CA,43.65,-79.38
Montréal,QC,CA,45.50,-73.57
Vancouver,BC,CA,49.28,-123.12
Ciudad de México,,MX,19.43,-99.13
São Paulo,,BR,-23.55,-46.63
Buenos Aires,,AR,-34.60,-58.38
Tokyo,,JP,35.68,139.69
Singapore,,SG,1.35,103.82
Johannesburg,,ZA,-26.20,28.05
Sydney,NSW,AU,-33.87,151.21
Melbourne,VIC,AU,-37.81,144.96
Auckland,,NZ,-36.85,174.76
Suva,,FJ,-18.14,178.44
Apia,,WS,-13.83,-171.77`

// cities are the cities of the table.
func cities() []city {
	var all []city
	for i, line := range strings.Split(cityTable, "\n") {
		f := strings.Split(line, ",")
		lat, _ := strconv.ParseFloat(f[3], 64)
		lon, _ := strconv.ParseFloat(f[4], 64)
		all = append(all, city{f[0], f[1], f[2], lat, lon, 1 / float64(i%30+3)})
	}
	return all
}
