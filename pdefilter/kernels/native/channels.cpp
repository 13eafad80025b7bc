#include "channels.hpp"

namespace pdefilter {

bool part(const Parting& task, int threads, const Variant& variant,
          const Interrupted& interrupted) {
    auto some_rows = [&](Index first, Index last, float*) { variant.part_rows(task, first, last); };
    return in_chunks(task.rows, threads, 0, some_rows, interrupted);
}

bool finite(const float* values, Index count, int threads, const Variant& variant,
            const Interrupted& interrupted, bool& found) {
    std::atomic<bool> numbers{true};
    constexpr Index piece = 1024;
    auto some_pieces = [&](Index first, Index last, float*) {
        const Index from = first * piece, to = std::min(count, last * piece);
        if (!variant.finite(values + from, to - from)) numbers = false;
    };
    const bool done = in_chunks((count + piece - 1) / piece, threads, 0, some_pieces, interrupted);
    found = numbers;
    return done;
}

bool join(const Joining& task, int threads, const Variant& variant, const Interrupted& interrupted,
          Index& outside) {
    std::atomic<Index> found{0};
    auto some_rows = [&](Index first, Index last, float* scratch) {
        found += variant.join_rows(task, first, last, scratch);
    };
    const bool done =
        in_chunks(task.rows, threads, variant.join_scratch(task), some_rows, interrupted);
    outside += found;
    return done;
}

}  // namespace pdefilter
