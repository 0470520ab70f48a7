//! The processor's counter of time, which a span reads twice: one instruction each.
//!
//! The only `unsafe` of the project is here, in [`fork`](crate::process::fork) and in
//! [`exit`](crate::process::exit). A crate that hides it would have to be called: `quanta`, which
//! was measured, costs each span twenty instructions more.

use std::sync::atomic::{AtomicU8, Ordering};

/// The counter, known to run at one rate on all processors, whatever sleeps or is
/// throttled: having one is having looked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter(());

/// What was found of the counter.
static FOUND: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NOT_TRUSTED: u8 = 1;
const TRUSTED: u8 = 2;

impl Counter {
    /// Returns the counter, if there is one that can be trusted.
    pub(crate) fn find() -> Option<Self> {
        // Relaxed: there is nothing else to know. Not a `OnceLock`: a thread might fork
        // while another one is in it, for ever in the child.
        let found = match FOUND.load(Ordering::Relaxed) {
            UNKNOWN => Self::look(),
            found => found,
        };
        (found == TRUSTED).then_some(Self(()))
    }

    #[cold]
    fn look() -> u8 {
        let is_trusted = !cfg!(feature = "portable-clock") && processor::is_trusted();
        let found = if is_trusted { TRUSTED } else { NOT_TRUSTED };
        FOUND.store(found, Ordering::Relaxed);
        found
    }

    /// Returns a reading, in ticks of an unknown length.
    ///
    /// It may be taken some dozen instructions early or late, as the processor likes:
    /// a barrier would cost more than all the rest of a span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn raw(self) -> u64 {
        processor::read()
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod processor {
    use core::arch::x86_64::{__cpuid, _rdtsc};

    /// Source: AMD64 Architecture Programmer's Manual, volume 3, *CPUID Fn8000_0007*:
    /// `TscInvariant`; Intel's manual says the same of its own processors.
    pub(super) fn is_trusted() -> bool {
        const HIGHEST: u32 = 0x8000_0000;
        const POWER: u32 = 0x8000_0007;
        const TSC_INVARIANT: u32 = 1 << 8;
        #[allow(
            unsafe_code,
            unused_unsafe,
            reason = "a function that newer compilers take to be safe"
        )]
        // SAFETY: each processor with this instruction set has the instruction.
        let cpuid = |leaf| unsafe { __cpuid(leaf) };
        let is_invariant = cpuid(HIGHEST).eax >= POWER && cpuid(POWER).edx & TSC_INVARIANT != 0;
        is_invariant && the_kernel_trusts_it()
    }

    /// Whether the operating system has not found that processors disagree. Where it
    /// does not say, the processor's word has to do.
    fn the_kernel_trusts_it() -> bool {
        let sources = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
        std::fs::read_to_string(sources).map_or(true, |sources| {
            sources.split_whitespace().any(|one| one == "tsc")
        })
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn read() -> u64 {
        #[expect(unsafe_code, reason = "the counter has no other face")]
        // SAFETY: each processor with this instruction set has the instruction. Where it
        // is forbidden to a process it faults, which ends the process and is sound.
        unsafe {
            _rdtsc()
        }
    }
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
mod processor {
    /// Source: Arm Architecture Reference Manual, *The Generic Timer*: the counter is
    /// always there, and the same on all processors.
    pub(super) fn is_trusted() -> bool {
        // What programs may read on other systems is not known well enough.
        cfg!(any(
            target_os = "linux",
            target_os = "android",
            target_os = "macos"
        ))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn read() -> u64 {
        let ticks: u64;
        #[expect(unsafe_code, reason = "the counter has no other face")]
        // SAFETY: reads a register that the systems above let programs read, and
        // touches nothing else.
        unsafe {
            core::arch::asm!(
                "mrs {}, cntvct_el0",
                out(reg) ticks,
                options(nomem, nostack, preserves_flags)
            );
        }
        ticks
    }
}

#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod processor {
    pub(super) fn is_trusted() -> bool {
        false
    }

    pub(super) fn read() -> u64 {
        0
    }
}
