// Work shared out to several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "variant.hpp"

namespace pdefilter {

// Called now and then on the calling thread; returns whether to stop.
using Interrupted = std::function<bool()>;

// Room for floats that begins on a cache line.
class Scratch {
  public:
    float* of(Index floats) {
        if (!room_) room_.reset(new float[size_t(floats) + line_]());
        const auto at = reinterpret_cast<std::uintptr_t>(room_.get());
        return room_.get() + (line_ - at / sizeof(float) % line_) % line_;
    }

  private:
    static constexpr size_t line_ = 16;
    std::unique_ptr<float[]> room_;
};

// Does work on several threads, this one included, that meet after each round.
class Team {
  public:
    explicit Team(int threads) : threads_(threads) {}

    // Calls round(thread) on every thread until next(), on this one, says that all is done.
    void run(const std::function<void(int)>& round, const std::function<bool()>& next) {
        std::barrier meeting(threads_);
        bool done = false;
        auto loop = [&](int thread) {
            while (true) {
                round(thread);
                meeting.arrive_and_wait();
                if (thread == 0) done = !next();
                meeting.arrive_and_wait();
                if (done) return;
            }
        };
        std::vector<std::thread> others;
        for (int thread = 1; thread < threads_; ++thread) others.emplace_back(loop, thread);
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
               const Interrupted& interrupted) {
    constexpr Index chunk = 64;
    const int threads = int(std::min<Index>(most_threads, (rows + chunk - 1) / chunk));
    std::vector<Scratch> scratch(static_cast<size_t>(threads));
    std::atomic<Index> following{0};
    std::atomic<bool> stopped{false};
    auto round = [&](int thread) {
        float* const mine = scratch[size_t(thread)].of(room);
        for (Index first; !stopped && (first = chunk * following++) < rows;) {
            work(first, std::min(rows, first + chunk), mine);
            if (thread == 0 && interrupted()) stopped = true;
        }
    };
    Team(threads).run(round, [] { return false; });
    return !stopped;
}

}  // namespace pdefilter
