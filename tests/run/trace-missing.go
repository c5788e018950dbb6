// runtime/trace's annotations do nothing while no trace runs.
package main

import (
	"context"
	"fmt"
	"runtime/trace"
)

func main() {
	fmt.Println(trace.IsEnabled())
	ctx, task := trace.NewTask(context.Background(), "task")
	trace.Log(ctx, "category", "message")
	trace.Logf(ctx, "category", "%d", 1)
	trace.WithRegion(ctx, "region", func() { fmt.Println("in region") })
	r := trace.StartRegion(ctx, "another")
	r.End()
	task.End()
	trace.Stop()
	f := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	fmt.Println(f.Enabled())
}
