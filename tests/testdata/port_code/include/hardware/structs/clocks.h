// As much of the Pico SDK as ports/rp2 needs.
#define CLOCKS_CLK_SYS_CTRL_AUXSRC_BITS (0xe0)
#define CLOCKS_CLK_SYS_CTRL_AUXSRC_LSB (5)
#define CLOCKS_CLK_SYS_CTRL_AUXSRC_VALUE_ROSC_CLKSRC (2)
enum { clk_ref = 4, clk_sys };
typedef struct { struct { uint32_t ctrl; } clk[10]; } clocks_hw_t;
extern clocks_hw_t *clocks_hw;
