// Work in rounds, each of some pieces, shared out to several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "variant.hpp"

namespace pdefilter {

// Called now and then on the calling thread; returns whether to stop.
using Interrupted = std::function<bool()>;

// Floats for every thread that begin on a cache line: allocated before the threads start, which
// could not report that memory is short.
class Scratch {
public:
    Scratch(int threads, Index floats) : floats_(size_t(floats)), shares_(size_t(threads)) {
        for (auto& share : shares_) share.floats.reset(new float[floats_ + line_]);
    }
    // Zeros at first, which every thread writes to its own share: numbers beyond the ends of rows
    // are computed with, and denormal ones would take a hundred times as long.
    float* of(int thread) const {
        Share& share = shares_[size_t(thread)];
        float* const floats = share.floats.get();
        const auto at = reinterpret_cast<std::uintptr_t>(floats);
        float* const first = floats + (line_ - at / sizeof(float) % line_) % line_;
        if (!std::exchange(share.filled, true)) std::fill_n(first, floats_, 0.0f);
        return first;
    }

private:
    struct Share {
        std::unique_ptr<float[]> floats;
        bool filled = false;
    };
    static constexpr size_t line_ = 16;
    size_t floats_;
    mutable std::vector<Share> shares_;
};

inline void pause() {
#if defined(__x86_64__) || defined(_M_X64)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Where threads wait for each other: some 50 us awake, as waking up takes as long as a round of a
// small image, unless there are more threads than cores.
class SpinBarrier {
public:
    explicit SpinBarrier(int threads)
        : threads_(threads),
          spins_(unsigned(threads) <= std::thread::hardware_concurrency() ? 1000 : 0) {}

    void arrive_and_wait() {
        const unsigned now = phase_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            phase_.store(now + 1, std::memory_order_release);
            phase_.notify_all();
            return;
        }
        for (int spin = 0; spin < spins_; ++spin) {
            if (phase_.load(std::memory_order_acquire) != now) return;
            pause();
        }
        phase_.wait(now, std::memory_order_acquire);
    }

private:
    const int threads_, spins_;
    std::atomic<int> arrived_{0};
    std::atomic<unsigned> phase_{0};
};

// Calls round(thread) on several threads, this one included, which wait for each other after each
// round, until next(), on this one, says that all is done.
inline void in_team(int threads, const std::function<void(int)>& round,
                    const std::function<bool()>& next) {
    if (threads == 1) {
        do round(0);
        while (next());
        return;
    }
    std::latch counted(1);
    std::optional<SpinBarrier> barrier;
    bool done = false;
    auto loop = [&](int thread) {
        counted.wait();
        while (true) {
            round(thread);
            barrier->arrive_and_wait();
            if (thread == 0) done = !next();
            barrier->arrive_and_wait();
            if (done) return;
        }
    };
    std::vector<std::thread> others;
    others.reserve(size_t(threads));
    try {
        for (int thread = 1; thread < threads; ++thread) others.emplace_back(loop, thread);
    } catch (const std::system_error&) {
        // The system allows no more: those that started do all the work.
    }
    barrier.emplace(int(others.size()) + 1);
    counted.count_down();
    loop(0);
    for (auto& other : others) other.join();
}

// Calls work(piece, scratch) for all pieces of a round, on at most as many threads as a round has
// pieces, then next() on this thread, which begins a round of so many pieces, or ends with none.
// Returns false if interrupted.
template <class Work, class Next>
bool in_rounds(int threads, Index most_pieces, Index floats, Index pieces, Work work, Next next,
               const Interrupted& interrupted) {
    threads = int(std::min<Index>(threads, most_pieces));
    const Scratch scratch(threads, floats);
    std::atomic<Index> following{0};
    std::atomic<bool> stopped{false};
    auto round = [&](int thread) {
        float* const mine = scratch.of(thread);
        for (Index piece; !stopped && (piece = following++) < pieces;) {
            work(piece, mine);
            if (thread == 0 && interrupted()) stopped = true;
        }
    };
    in_team(threads, round, [&] {
        following = 0;
        return !stopped && (pieces = next()) > 0;
    });
    return !stopped;
}

// Runs a kernel on all rows of a task; adds its counts up. Returns false if interrupted.
template <class Task>
bool on_rows(const RowKernel<Task>& kernel, const Task& task, int threads,
             const Interrupted& interrupted, std::atomic<Index>& count) {
    const Index rows = kernel.count_rows ? kernel.count_rows(task) : task.rows;
    const Index pieces = (rows + kernel.rows - 1) / kernel.rows;
    if (!pieces) return true;
    const Index floats = kernel.scratch ? kernel.scratch(task) : 0;
    if (kernel.prepare) kernel.prepare(task, Scratch(1, floats).of(0));
    auto work = [&](Index piece, float* scratch) {
        const Index first = piece * kernel.rows, last = std::min(rows, first + kernel.rows);
        if (kernel.count)
            count += kernel.count(task, first, last, scratch);
        else
            kernel.run(task, first, last, scratch);
    };
    return in_rounds(threads, pieces, floats, pieces, work, [] { return 0; }, interrupted);
}

}  // namespace pdefilter
