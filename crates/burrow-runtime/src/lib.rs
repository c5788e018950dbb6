//! Everything that runs beside a Go program: scheduler, memory, channels, faults.
