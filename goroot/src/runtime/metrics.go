package runtime

import (
	"internal/godebugs"
	"unsafe"
)

// Package metrics' samples. The Rust side (metrics.rs) knows names, kinds and values; the settings of GODEBUG count
// themselves.

// Kinds of metrics: package metrics' as far as it has them.
const (
	metricBad = iota
	metricUint64
	metricFloat64
	metricTimes // histograms: of times, and by size
	metricSizes

	metricHistogramKind = 3
)

type metricSample struct {
	name    string
	kind    int
	scalar  uint64
	pointer unsafe.Pointer
}

// A metricHistogram has the layout of metrics.Float64Histogram.
type metricHistogram struct {
	counts  []uint64
	buckets []float64
}

// metricsBegin takes the picture that the values of one Read are read from.
func metricsBegin()
func metricRead(name string) (kind int, value uint64)

// metricBuckets is the number of buckets of the histograms of a kind; metricBounds stores their bounds, metricCounts
// the counts of one.
func metricBuckets(kind int) int
func metricBounds(kind int, out *float64)
func metricCounts(name string, out *uint64)

var (
	metricsSema    uint32 = 1
	metricBoundsOf [metricSizes + 1][]float64
	// godebugMetrics are the counters of settings that a program has met.
	godebugMetrics map[string]func() uint64
)

const (
	godebugPrefix = "/godebug/non-default-behavior/"
	godebugSuffix = ":events"
)

//go:linkname metrics_read runtime/metrics.runtime_readMetrics
func metrics_read(samples unsafe.Pointer, n, c int) {
	semacquire(&metricsSema, false, waitSemAcquire)
	metricsBegin()
	for i := range unsafe.Slice((*metricSample)(samples), n) {
		readSample((*metricSample)(add(samples, uintptr(i)*unsafe.Sizeof(metricSample{}))))
	}
	semrelease(&metricsSema, false, 0)
}

func readSample(s *metricSample) {
	kind, value := metricRead(s.name)
	switch kind {
	case metricUint64, metricFloat64:
		s.kind, s.scalar = kind, value
	case metricTimes, metricSizes:
		metricCounts(s.name, &histogramOf(s, kind).counts[0])
	default:
		s.kind = metricBad
		if value, ok := godebugMetric(s.name); ok {
			s.kind, s.scalar = metricUint64, value
		}
	}
}

// histogramOf gives the sample's histogram, made anew unless the sample has one of this kind already.
func histogramOf(s *metricSample, kind int) *metricHistogram {
	h := (*metricHistogram)(s.pointer)
	if s.kind != metricHistogramKind || h == nil {
		h = new(metricHistogram)
		s.kind, s.pointer = metricHistogramKind, unsafe.Pointer(h)
	}
	n := metricBuckets(kind)
	if metricBoundsOf[kind] == nil {
		b := make([]float64, n+1)
		metricBounds(kind, &b[0])
		metricBoundsOf[kind] = b
	}
	h.buckets = metricBoundsOf[kind]
	if len(h.counts) != n {
		h.counts = make([]uint64, n)
	}
	return h
}

// godebugSettingOf gives the setting that a metric counts, "" if there is none.
func godebugSettingOf(name string) string {
	end := len(name) - len(godebugSuffix)
	if end <= len(godebugPrefix) || name[:len(godebugPrefix)] != godebugPrefix || name[end:] != godebugSuffix {
		return ""
	}
	setting := name[len(godebugPrefix):end]
	if info := godebugs.Lookup(setting); info == nil || info.Opaque {
		return ""
	}
	return setting
}

func godebugMetric(name string) (uint64, bool) {
	if godebugSettingOf(name) == "" {
		return 0, false
	}
	if read := godebugMetrics[name]; read != nil {
		return read(), true
	}
	return 0, true
}

//go:linkname godebug_registerMetric internal/godebug.registerMetric
func godebug_registerMetric(name string, read func() uint64) {
	if godebugSettingOf(name) == "" {
		throw("runtime: unexpected metric registration for " + name)
	}
	semacquire(&metricsSema, false, waitSemAcquire)
	if godebugMetrics == nil {
		godebugMetrics = map[string]func() uint64{}
	}
	godebugMetrics[name] = read
	semrelease(&metricsSema, false, 0)
}

// For runtime/metrics' tests: the names that can be read.
//
//go:linkname metrics_names runtime/metrics_test.runtime_readMetricNames
func metrics_names() []string {
	var names []string
	for i := 0; ; i++ {
		name := metricName(i)
		if name == "" {
			break
		}
		names = append(names, name)
	}
	for _, info := range godebugs.All {
		if !info.Opaque {
			names = append(names, godebugPrefix+info.Name+godebugSuffix)
		}
	}
	return names
}

// metricName is the i-th name that the Rust side knows, "" after the last.
func metricName(i int) string
