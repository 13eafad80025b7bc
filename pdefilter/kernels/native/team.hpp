// Work shared out to several threads.
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

// Room for floats on every thread that begins on a cache line: taken before the threads start, on
// which running out of memory could not be told.
class Scratch {
public:
    Scratch(int threads, Index floats) : floats_(size_t(floats)), rooms_(size_t(threads)) {
        for (auto& room : rooms_) room.floats.reset(new float[floats_ + line_]);
    }
    // Zeros at first, which every thread writes to its own room: beyond the ends of rows is
    // computed on what was there, and denormal numbers would take a hundred times as long.
    float* of(int thread) const {
        Room& room = rooms_[size_t(thread)];
        float* const floats = room.floats.get();
        const auto at = reinterpret_cast<std::uintptr_t>(floats);
        float* const first = floats + (line_ - at / sizeof(float) % line_) % line_;
        if (!std::exchange(room.filled, true)) std::fill_n(first, floats_, 0.0f);
        return first;
    }

private:
    struct Room {
        std::unique_ptr<float[]> floats;
        bool filled = false;
    };
    static constexpr size_t line_ = 16;
    size_t floats_;
    mutable std::vector<Room> rooms_;
};

inline void pause() {
#if defined(__x86_64__) || defined(_M_X64)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Where threads wait for each other: some 50 us awake, as to be woken takes as long as a round of a
// small image, unless they are more than there are cores.
class Meeting {
public:
    explicit Meeting(int threads)
        : threads_(threads),
          looks_(unsigned(threads) <= std::thread::hardware_concurrency() ? 1000 : 0) {}

    void arrive_and_wait() {
        const unsigned now = phase_.load(std::memory_order_acquire);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            phase_.store(now + 1, std::memory_order_release);
            phase_.notify_all();
            return;
        }
        for (int look = 0; look < looks_; ++look) {
            if (phase_.load(std::memory_order_acquire) != now) return;
            pause();
        }
        phase_.wait(now, std::memory_order_acquire);
    }

private:
    const int threads_, looks_;
    std::atomic<int> arrived_{0};
    std::atomic<unsigned> phase_{0};
};

// Does work on several threads, this one included, that meet after each round.
class Team {
public:
    explicit Team(int threads) : threads_(threads) {}

    // Calls round(thread) on every thread until next(), on this one, says that all is done.
    void run(const std::function<void(int)>& round, const std::function<bool()>& next) {
        std::latch counted(1);
        std::optional<Meeting> meeting;
        bool done = false;
        auto loop = [&](int thread) {
            counted.wait();
            while (true) {
                round(thread);
                meeting->arrive_and_wait();
                if (thread == 0) done = !next();
                meeting->arrive_and_wait();
                if (done) return;
            }
        };
        std::vector<std::thread> others;
        others.reserve(size_t(threads_));
        try {
            for (int thread = 1; thread < threads_; ++thread) others.emplace_back(loop, thread);
        } catch (const std::system_error&) {
            // The system allows no more: those there are do all the work.
        }
        meeting.emplace(int(others.size()) + 1);
        counted.count_down();
        loop(0);
        for (auto& other : others) other.join();
    }

private:
    int threads_;
};

// Calls work(first, last, scratch) until all rows are done, some rows at a time. Returns false if
// interrupted.
template <class Work>
bool in_chunks(Index rows, int most_threads, Index room, Work work, const Interrupted& interrupted,
               Index chunk = 64) {
    const int threads = int(std::min<Index>(most_threads, (rows + chunk - 1) / chunk));
    const Scratch scratch(threads, room);
    std::atomic<Index> following{0};
    std::atomic<bool> stopped{false};
    auto round = [&](int thread) {
        float* const mine = scratch.of(thread);
        for (Index first; !stopped && (first = chunk * following++) < rows;) {
            work(first, std::min(rows, first + chunk), mine);
            if (thread == 0 && interrupted()) stopped = true;
        }
    };
    Team(threads).run(round, [] { return false; });
    return !stopped;
}

}  // namespace pdefilter
