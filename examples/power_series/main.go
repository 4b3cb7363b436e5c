// Power series as streams of coefficients: each operation is a goroutine that computes one
// coefficient after the other, without end. A series can be defined by itself, as exp is the
// integral of exp: what comes out of the integral is led back into it.
// After Doug McIlroy's "Squinting at Power Series".
package main

import "fmt"

type rational struct {
	num, den int64
}

func ratio(num, den int64) rational {
	a, b := num, den
	for b != 0 {
		a, b = b, a%b
	}
	if a < 0 {
		a = -a
	}
	return rational{num / a, den / a}
}

func whole(n int64) rational { return rational{n, 1} }

func add(a, b rational) rational { return ratio(a.num*b.den+b.num*a.den, a.den*b.den) }

func times(a, b rational) rational { return ratio(a.num*b.num, a.den*b.den) }

type series <-chan rational

func geometric() series { // 1/(1-x)
	out := make(chan rational)
	go func() {
		for {
			out <- whole(1)
		}
	}()
	return out
}

func scale(factor rational, f series) series {
	out := make(chan rational)
	go func() {
		for c := range f {
			out <- times(factor, c)
		}
	}()
	return out
}

func addConstant(constant rational, f series) series {
	out := make(chan rational)
	go func() {
		out <- add(constant, <-f)
		for c := range f {
			out <- c
		}
	}()
	return out
}

func integrate(constant rational, f series) series {
	out := make(chan rational)
	go func() {
		out <- constant
		for n := int64(1); ; n++ {
			out <- times(<-f, rational{1, n})
		}
	}()
	return out
}

func multiply(f, g series) series {
	out := make(chan rational)
	go func() {
		var a, b []rational
		for {
			a = append(a, <-f)
			b = append(b, <-g)
			sum := whole(0)
			for i := range a {
				sum = add(sum, times(a[i], b[len(a)-1-i]))
			}
			out <- sum
		}
	}()
	return out
}

// Makes two of one. The first leads: a coefficient is asked for when the first has none left; the
// second may lag behind.
func split(f series) (series, series) {
	first := make(chan rational)
	second := make(chan rational)
	go func() {
		var a, b []rational
		for {
			var in series
			var outA, outB chan rational
			var nextA, nextB rational
			if len(a) == 0 {
				in = f
			} else {
				outA, nextA = first, a[0]
			}
			if len(b) > 0 {
				outB, nextB = second, b[0]
			}
			select {
			case c := <-in:
				a = append(a, c)
				b = append(b, c)
			case outA <- nextA:
				a = a[1:]
			case outB <- nextB:
				b = b[1:]
			}
		}
	}()
	return first, second
}

func lead(from series, to chan<- rational) {
	go func() {
		for c := range from {
			to <- c
		}
	}()
}

func exponential() series { // exp = 1 + the integral of exp
	exp := make(chan rational)
	first, second := split(exp)
	lead(integrate(whole(1), second), exp)
	return first
}

func tangent() series { // tan = the integral of 1 + tan * tan
	tan := make(chan rational)
	first, second := split(tan)
	f, g := split(second)
	lead(integrate(whole(0), addConstant(whole(1), multiply(f, g))), tan)
	return first
}

func sine() series { // sin = the integral of cos, cos = 1 - the integral of sin
	sin := make(chan rational)
	first, second := split(sin)
	lead(integrate(whole(0), integrate(whole(1), scale(whole(-1), second))), sin)
	return first
}

func print(name string, f series) {
	line := name
	for i := 0; i < 8; i++ {
		c := <-f
		line += fmt.Sprint(" ", c.num)
		if c.den != 1 {
			line += fmt.Sprint("/", c.den)
		}
	}
	fmt.Println(line)
}

func main() {
	print("1/(1-x):", geometric())
	print("1/(1-x)^2:", multiply(geometric(), geometric()))
	print("log 1/(1-x):", integrate(whole(0), geometric()))
	print("exp:", exponential())
	print("exp^2:", multiply(exponential(), exponential()))
	print("sin:", sine())
	print("tan:", tangent())
}
