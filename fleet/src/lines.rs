//! Lines for a reader that may stop reading: a separate thread writes them, so that nothing else waits for the reader.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use serde_json::{Value, json};

/// A line, and how many before it were dropped.
type Entry = (u64, Option<Value>);

#[derive(Debug)]
pub(crate) struct Lines(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Until the lines are closed.
    writer: Option<(SyncSender<Entry>, JoinHandle<()>)>,
    /// How many lines were dropped since the last one that was accepted.
    dropped: u64,
}

impl Lines {
    /// At most this many lines wait to be written.
    pub(crate) fn new(output: impl Write + Send + 'static, capacity: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(capacity);
        let thread = Builder::new().spawn(move || write(output, &receiver))?;
        Ok(Self(Mutex::new(State {
            writer: Some((sender, thread)),
            dropped: 0,
        })))
    }

    /// Never waits: drops the line if too many wait to be written.
    pub(crate) fn send(&self, line: Value) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((sender, _)) = &state.writer else {
            return;
        };
        match sender.try_send((state.dropped, Some(line))) {
            Ok(()) => state.dropped = 0,
            Err(_) => state.dropped += 1,
        }
    }

    /// Waits until all accepted lines are written. No line is accepted after that.
    pub(crate) fn close(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (writer, dropped) = (state.writer.take(), state.dropped);
        // `send` must not wait for the reader.
        drop(state);
        if let Some((sender, thread)) = writer {
            // These fail only if the thread has panicked.
            let _ = sender.send((dropped, None));
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn write(mut output: impl Write, entries: &Receiver<Entry>) {
    for (dropped, line) in entries {
        let dropped = (dropped > 0).then(|| json!({"event": "dropped", "lines": dropped}));
        for line in dropped.into_iter().chain(line) {
            // A closed standard output is no reason to stop.
            let _ = writeln!(output, "{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Announces each write, waits until it is permitted, and keeps what was written.
    struct Blocking {
        begun: Sender<()>,
        permits: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Blocking {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.begun.send(());
            // Without a sender, all writes are permitted.
            let _ = self.permits.recv();
            self.written.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_does_not_read_blocks_nothing_and_learns_how_many_lines_were_dropped() {
        let (begin, begun) = channel();
        let (permit, permits) = channel();
        let written = Arc::default();
        let output = Blocking {
            begun: begin,
            permits,
            written: Arc::clone(&written),
        };
        let lines = Lines::new(output, 2).unwrap();
        lines.send(json!(0));
        // The first line is no longer in the channel, but not written. Two fit, three are dropped.
        begun.recv().unwrap();
        for line in 1..6 {
            lines.send(json!(line));
        }
        // There is room again once the first line was written and the second one is about to be.
        while !written.lock().unwrap().ends_with(b"\n") {
            permit.send(()).unwrap();
            begun.recv().unwrap();
        }
        lines.send(json!(6));
        lines.send(json!(7));
        drop(permit);
        lines.close();
        lines.send(json!(8));
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let dropped = |lines: u64| format!("{{\"event\":\"dropped\",\"lines\":{lines}}}\n");
        let expected = format!("0\n1\n2\n{}6\n{}", dropped(3), dropped(1));
        assert_eq!(written, expected);
    }
}
