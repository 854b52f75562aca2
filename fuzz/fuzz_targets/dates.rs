#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pengine_tests::entry::dates(data));
