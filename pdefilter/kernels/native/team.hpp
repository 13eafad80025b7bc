// Work shared out to several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "variant.hpp"

namespace pdefilter {

// Called now and then on the calling thread; returns whether to stop.
using Interrupted = std::function<bool()>;

// Room for floats on every thread that begins on a cache line: taken before the threads start, on
// which running out of memory could not be told.
class Scratch {
  public:
    Scratch(int threads, Index floats) {
        for (int thread = 0; thread < threads; ++thread)
            rooms_.emplace_back(new float[size_t(floats) + line_]);
    }
    float* of(int thread) const {
        float* const room = rooms_[size_t(thread)].get();
        const auto at = reinterpret_cast<std::uintptr_t>(room);
        return room + (line_ - at / sizeof(float) % line_) % line_;
    }

  private:
    static constexpr size_t line_ = 16;
    std::vector<std::unique_ptr<float[]>> rooms_;
};

// Does work on several threads, this one included, that meet after each round.
class Team {
  public:
    explicit Team(int threads) : threads_(threads) {}

    // Calls round(thread) on every thread until next(), on this one, says that all is done.
    void run(const std::function<void(int)>& round, const std::function<bool()>& next) {
        std::latch counted(1);
        std::optional<std::barrier<>> meeting;
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
        meeting.emplace(std::ptrdiff_t(others.size()) + 1);
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
bool in_chunks(Index rows, int most_threads, Index room, Work work,
               const Interrupted& interrupted, Index chunk = 64) {
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
