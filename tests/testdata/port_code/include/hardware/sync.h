// As much of the Pico SDK as ports/rp2 needs.
typedef volatile uint32_t spin_lock_t;
#define PICO_SPINLOCK_ID_RAND (12)
spin_lock_t *spin_lock_instance(unsigned int id);
uint32_t spin_lock_blocking(spin_lock_t *lock);
void spin_unlock(spin_lock_t *lock, uint32_t state);
